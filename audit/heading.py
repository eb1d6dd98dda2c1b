"""What the name of a column suggests, in several languages."""

from __future__ import annotations

import re
import unicodedata

PARTED = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])|[^\w]|_")

PERSONAL = {
    "email": r"e ?mails?|correo|courriel|e ?post|邮箱|почта",
    "phone": r"\w*(tele)?phones?( ?(number|no|nr))?|phonenumber|tele?fon\w*|telefoon\w*|telephon\w*|mobile|mobil|mobilfunk|handy\w*|cell|cellular"
    r"|movil|celular|portable|cellulare|tel|fax|msisdn|gsm|电话|手机|телефон",
    "iban": r"iban|\w*kontonummer",
    "payment card": r"(credit|debit|payment|bank|kredit)? ?(card|karte|kort)(en)? ?(number|nummer|no|nr|num)?|pan|ccn?|cc num\w*"
    r"|creditcard\w*|kreditkarten?\w*|carte|tarjeta|carta",
    "us ssn": r"ssn|social ?security( ?(number|no|nr|num))?|social sec\w*|soc sec\w*",
    "uk nino": r"nino|ni ?(number|no)|national insurance( ?(number|no))?",
    "german tax id": r"steuer ?(id|identifikationsnummer|nummer)|steuerid|idnr|tax ?id|tin",
    "french insee": r"insee|nir|(numero )?securite sociale|secu|num secu",
    "spanish dni": r"dni|nie|nif",
    "italian codice fiscale": r"codice ?fiscale|cod fisc\w*|codfisc|cf",
    "dutch bsn": r"bsn|burgerservicenummer|sofi ?(nummer)?",
    "chinese resident id": r"身份证\w*|resident id\w*|shenfenzheng|id ?card\w*",
    "indian aadhaar": r"aadhaa?r\w*|aadhar\w*|uidai|uid",
    "brazilian cpf": r"cpf",
    "ip address": r"ip|ip ?v?[46]?|ip ?addr\w*|\w*ip ?address\w*|remote addr\w*",
    "name": r"(full|first|last|middle|given|family|sur|maiden|nick|fore)[ -]?names?|[fl]name|firstname|lastname|surname"
    r"|forename|nom|prenoms?|nombres?|apellidos?|vor ?name|nach ?name|familien ?name|cognome|nome|sobrenome|naam|voornaam"
    r"|achternaam|imie|nazwisko|fornavn|etternavn|efternavn|fornamn|efternamn|namn|navn|姓名|名字|имя|фамилия|name",
    "birth date": r"\w*birth\w*|dob|d o b|yob|born|bday|naissance|ne le|nee|geburt\w*|geb|geb ?datum|gebdat\w*|\w*nacimiento"
    r"|\w*nascita|\w*nascimento|geboorte\w*|geboren|urodzenia|fodsel\w*|fodelse\w*|出生\w*|生日|рожд\w*|дата рождения",
}  # fmt: skip
"""Words that a column of each kind of personal data is named with."""

OTHER_NAMES = re.compile(
    r"\b(product|file|company|firm|user|host|domain|brand|city|country|state|street|table|column|class|school|event|team"
    r"|item|model|category|dept|department|group|project|store|shop|node|species|common|scientific|display|path|field"
    r"|feature|station|airport|drug|course|book|song|movie|film|title|bank|employer|institution|hospital|region|county"
    r"|place|package|module|function|method|job|task|process|server|service|app|metric|variable|parameter|code|color"
    r"|produkt|firma|firmen|datei|artikel|stadt|societe|produit|ville|empresa|producto|ciudad|azienda|prodotto)s?\b"
)
"""Beside ``name``: the name of something that is no person."""

OTHER_DATES = re.compile(
    r"\b(weight|place|order|rate|country|city|city of|state|lugar|lieu|ort|luogo|parity|control)\b"
)
"""Beside ``birth``: something else than its date."""

EVENTS = re.compile(
    r"\b(creat\w*|updat\w*|order\w*|hire\w*|start\w*|end|found\w*|establish\w*|open\w*|built|construct\w*|releas\w*|publish\w*"
    r"|due|ship\w*|deliver\w*|pa(y|id)\w*|invoice\w*|transact\w*|event|visit\w*|login|last|first|clos\w*|expir\w*|issu\w*"
    r"|admi\w*|discharg\w*|sale|sold|purchas\w*|regist\w*|timestamp|time|join\w*|acqui\w*|death|died|wedding|marriage)\b"
)
"""Events that a column of dates may be named after and that are no births."""

GROUPS = {
    "sex": r"sex|gender|geschlecht|sexe|genre|sexo|genero|sesso|genere|geslacht|kjonn|kon|plec|cinsiyet|性别|пол|is ?(male|female)|male|female",
    "race or ethnicity": r"race|ethnic\w*|ethnie|etnia|raza|raca|razza|rasse|herkunft|herkomst|caste|tribe|hispanic|种族|民族|раса",
    "age": r"age( ?(group|band|cat|category|range|bracket|years|yrs|in years))?|agegroup|alter|altersgruppe|edad|idade|eta|leeftijd|alder|wiek|ages|年龄|возраст",
    "religion": r"relig\w*|faith|denomination|konfession|confession|geloof|glaube|宗教|религия",
    "nationality": r"nationalit\w*|nacionalidad\w*|nazionalita|nationaliteit|staatsangehorigkeit|citizenship|citizen|native ?country"
    r"|country ?of ?(birth|origin)|birth ?country|birthplace|foreign ?worker|immigra\w*|migration\w*|ciudadania|国籍|гражданство",
    "disability": r"disab\w*|handicap\w*|behinder\w*|schwerbehind\w*|discapacidad|deficiencia|disabilita|invalidit\w*|beperking|残疾|инвалид\w*",
    "marital status": r"marital\w*|marriage|married|civil ?status|familienstand|etat ?civil|estado ?civil|stato ?civile|burgerlijke ?staat"
    r"|zivilstand|situation familiale|matrimonial\w*|婚姻\w*",
    "sexual orientation": r"sexual ?orientation|orientation sexuelle|orientacion sexual|sexuelle orientierung|lgbt\w*",
    "pregnancy or parenthood": r"pregnan\w*|schwanger\w*|enceinte|embaraz\w*|maternity|paternity|parental ?status",
    "political opinion": r"political (party|opinion|affiliation|view)s?|party affiliation|partei|parti politique",
    "trade union": r"(trade|labou?r) ?union|union ?(member|membership)|gewerkschaft\w*|syndicat",
    "language": r"(native|first|mother|spoken|primary) ?(language|tongue)|muttersprache|langue maternelle|lengua materna",
    "veteran status": r"veterans?( ?status)?",
}  # fmt: skip
"""Words that a column which groups people is named with: what anti-discrimination law knows (EU Charter article 21, US
Title VII, ECOA, ADEA, ADA)."""

ROLES = {
    "truth": r"target|label|labels|truth|ground ?truth|y|y ?true|outcome|actual|class|defaulted|churn(ed)?|survived|diagnosis"
    r"|malignant|fraud|is ?fraud|recid\w*|is ?recid|two ?year ?recid|readmitted|good ?bad|loan ?status|cible|ziel|zielvariable"
    r"|etiqueta|objetivo|classe|response|hired|income|repaid",
    "score": r"scores?|prob|probs|proba|probability|probabilities|propensity|risk ?score|p ?hat|y ?(score|prob|proba)|decile ?score"
    r"|confidence|logits?|wahrscheinlichkeit|probabilite|probabilidad|punteggio|puntaje|predict proba",
    "decision": r"decisions?|pred|preds|predicted|prediction|predictions|y ?(pred|hat)|approved|accepted|rejected|selected|granted"
    r"|shortlisted|entscheidung|vorhersage|prediccion|previsione|bewilligt",
    "id": r"ids?|\w{0,12}id|identifier|uuid|guid|key|index|row ?(id|number|no)|rownum|nr|nummer|no|kennung|identifiant|codigo",
    "weight": r"(sample|sampling|survey|case|design|person|final)? ?(weights?|wt|wts|wgt)|fnlwgt|\w+wgt|gewicht|gewichtung|poids|ponderation"
    r"|peso|importance weight",
    "time": r"date|time|timestamp|datetime|\w+ (at|on)|year|month|quarter|week|day|epoch|datum|zeit|zeitstempel|jahr|annee|fecha|ano|data"
    r"|periode?|created|updated",
}  # fmt: skip
"""Words that a column with a role in an audit is named with."""


def spoken(name: object) -> str:
    """The words of a column's name, small and without accents: ``dateOfBirth`` and ``Date_of-birth`` are one."""
    parts = " ".join(part for part in PARTED.split(str(name)) if part).casefold()
    kept = "".join(sign for sign in unicodedata.normalize("NFKD", parts) if not unicodedata.combining(sign))
    return kept.replace("ø", "o").replace("ß", "ss").replace("ł", "l")


def compiled(words: dict[str, str]) -> dict[str, re.Pattern[str]]:
    """Each list of words as one pattern that finds any of them as whole words."""
    return {kind: re.compile(rf"(?<!\w)(?:{pattern})(?!\w)") for kind, pattern in words.items()}


PERSONAL_WORDS, GROUP_WORDS, ROLE_WORDS = compiled(PERSONAL), compiled(GROUPS), compiled(ROLES)
