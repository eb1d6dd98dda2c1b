"""One thread for each worker (and each process it starts): two on the same core spend their time waiting."""

import os

import torch

os.environ["OMP_NUM_THREADS"] = "1"
torch.set_num_threads(1)
