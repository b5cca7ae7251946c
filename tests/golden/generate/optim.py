#!/usr/bin/env python3
"""Writes optimisers.safetensors (20 steps of each optimiser) and schedules.safetensors (40 epochs of each
schedule) with PyTorch (made with 1.13). tests/unit/optim_*.cpp use the same options under the same names.

    python3 tests/golden/generate/optim.py
"""
import warnings

import numpy
import torch
from torch.optim import lr_scheduler

import golden

warnings.filterwarnings("ignore")

STEPS, SIZE = 20, 8

OPTIMISERS = {
    "sgd": (torch.optim.SGD, dict(lr=0.1)),
    "sgd_momentum": (torch.optim.SGD, dict(lr=0.1, momentum=0.9)),
    "sgd_dampening": (torch.optim.SGD, dict(lr=0.05, momentum=0.8, dampening=0.3, weight_decay=0.01)),
    "sgd_dampening_only": (torch.optim.SGD, dict(lr=0.05, dampening=0.3)),
    "sgd_nesterov": (torch.optim.SGD, dict(lr=0.05, momentum=0.9, nesterov=True, weight_decay=0.02)),
    "rmsprop": (torch.optim.RMSprop, dict()),
    "rmsprop_momentum": (torch.optim.RMSprop, dict(lr=2.5e-3, alpha=0.9, eps=1e-6, momentum=0.9,
                                                   weight_decay=0.01)),
    "rmsprop_centered": (torch.optim.RMSprop, dict(lr=1e-3, alpha=0.95, centered=True)),
    "rmsprop_centered_momentum": (torch.optim.RMSprop, dict(lr=1e-3, momentum=0.5, centered=True,
                                                            weight_decay=0.1)),
    "adam": (torch.optim.Adam, dict()),
    "adam_decay": (torch.optim.Adam, dict(lr=0.02, betas=(0.8, 0.95), eps=1e-6, weight_decay=0.05)),
    "adam_ntinou2020": (torch.optim.Adam, dict(lr=1e-3, weight_decay=1e-6)),
    "adamw": (torch.optim.AdamW, dict()),
    "adamw_decay": (torch.optim.AdamW, dict(lr=0.02, betas=(0.5, 0.9), weight_decay=0.3)),
}

SCHEDULES = {
    "cosine": lambda o: lr_scheduler.CosineAnnealingLR(o, T_max=5, eta_min=0.001),
    "cosine_long": lambda o: lr_scheduler.CosineAnnealingLR(o, T_max=40),
    "restarts": lambda o: lr_scheduler.CosineAnnealingWarmRestarts(o, T_0=5),
    "restarts_longer": lambda o: lr_scheduler.CosineAnnealingWarmRestarts(o, T_0=3, T_mult=2, eta_min=0.01),
    "step": lambda o: lr_scheduler.StepLR(o, step_size=7, gamma=0.3),
    "multi_step": lambda o: lr_scheduler.MultiStepLR(o, milestones=[4, 9, 30], gamma=0.5),
    "warmup_step": lambda o: lr_scheduler.SequentialLR(
        o, [lr_scheduler.LinearLR(o, start_factor=0.1, total_iters=6), lr_scheduler.StepLR(o, 10, 0.5)], [6]),
    "warmup_cosine": lambda o: lr_scheduler.SequentialLR(
        o, [lr_scheduler.LinearLR(o, start_factor=0.25, total_iters=4),
            lr_scheduler.CosineAnnealingLR(o, T_max=36)], [4]),
}


def optimisers():
    start = golden.hashed("start", (SIZE,))
    # Of very different sizes, which the adaptive rules even out.
    gradients = golden.hashed("gradients", (STEPS, SIZE)) * 10.0 ** -numpy.arange(SIZE)
    tensors = {"start": start, "gradients": gradients}
    for name, (optimiser, options) in OPTIMISERS.items():
        value = torch.nn.Parameter(torch.tensor(start))
        rule = optimiser([value], **{"lr": 1e-2 if optimiser is torch.optim.RMSprop else 1e-3, **options})
        history = []
        for gradient in gradients:
            value.grad = torch.tensor(gradient)
            rule.step()
            history.append(value.detach().numpy().copy())
        tensors[name] = numpy.stack(history)
    golden.write_safetensors("optimisers", tensors, {"torch": torch.__version__})


def rates(make, times):
    optimiser = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=0.1)
    schedule = make(optimiser)
    result = []
    for time in times:
        if time is not None:
            schedule.step(time)
        result.append(optimiser.param_groups[0]["lr"])
        if time is None:
            optimiser.step()
            schedule.step()
    return numpy.array(result)


def schedules():
    tensors = {name: rates(make, [None] * 40) for name, make in SCHEDULES.items()}
    times = numpy.arange(64) * 0.5 + 0.25
    tensors["fractional_times"] = times
    for name in ("restarts", "restarts_longer"):
        tensors["fractional_" + name] = rates(SCHEDULES[name], times.tolist())
    golden.write_safetensors("schedules", tensors, {"torch": torch.__version__, "base": "0.1"})


optimisers()
schedules()
