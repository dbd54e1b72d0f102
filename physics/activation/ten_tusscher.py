"""A human epicardial cell: ten Tusscher and Panfilov 2006 (Am J Physiol 291:H1088).

Equations and parameters as published, with the sodium and potassium currents of ten Tusscher et al. 2004
(Am J Physiol 286:H1573) that it takes over. Where the paper and the authors' own program differ (the time
constant of ``f2``), the paper's numbers stand here, which the CellML repository and the benchmark of Niederer
et al. 2011 use too. Currents in pA/pF, which is mV/ms; potentials mV, times ms, concentrations mM.
"""

import math

import numpy as np
from numba import njit
from numpy.typing import NDArray

STATES = (
    "Xr1", "Xr2", "Xs", "m", "h", "j", "d", "f", "f2", "fCass", "s", "r",
    "R'", "Ca_i", "Ca_SR", "Ca_ss", "Na_i", "K_i",
)  # fmt: skip
"""A cell's state beside its potential: twelve gates, the release channel, five concentrations."""

GATES = 12

RESTING_MV = -85.23
RESTING = np.array([
    0.00621, 0.4712, 0.0095, 0.00172, 0.7444, 0.7045, 3.373e-5, 0.7888, 0.9755, 0.9953, 0.999998, 2.42e-8,
    0.9073, 1.26e-4, 3.64, 3.6e-4, 8.604, 136.89,
])  # fmt: skip
"""The state that the benchmark of Niederer et al. 2011 begins with (table 2), in the order of ``STATES``."""

# Physical constants and the outside: mJ/(mol K), K, C/mol; mM.
_GAS, _KELVIN, _FARADAY = 8314.472, 310.0, 96485.3415
_RTF = _GAS * _KELVIN / _FARADAY
_K_O, _NA_O, _CA_O = 5.4, 140.0, 2.0
# Capacitance (as currents become concentrations, µF/cm² with 1e6); volumes of cytosol, reticulum and
# subspace, µm³.
_CM, _V_C, _V_SR, _V_SS = 0.185, 16404.0, 1094.0, 54.68
# Conductances, nS/pF; of the calcium channel mm³/(µF s). Epicardial are those of I_to and I_Ks.
_G_NA, _G_K1, _G_TO, _G_KR, _G_KS, _G_CAL = 14.838, 5.405, 0.294, 0.153, 0.392, 3.98e-5
_G_PK, _G_PCA, _G_BNA, _G_BCA = 0.0146, 0.1238, 0.00029, 0.000592
_P_KNA = 0.03
# Sodium–potassium pump, sodium–calcium exchanger (pA/pF, mM), calcium pump.
_P_NAK, _K_MK, _K_MNA = 2.724, 1.0, 40.0
_K_NACA, _K_SAT, _ALPHA, _GAMMA, _KM_CA, _KM_NAI = 1000.0, 0.1, 2.5, 0.35, 1.38, 87.5
_K_PCA = 0.0005
# Calcium: uptake, leak, release and transfer (1/ms, mM/ms), the release channel, buffers (mM).
_VMAX_UP, _K_UP, _V_LEAK, _V_REL, _V_XFER = 0.006375, 0.00025, 0.00036, 0.102, 0.0038
_K1, _K2, _K3, _K4, _EC, _MAX_SR, _MIN_SR = 0.15, 0.045, 0.06, 0.005, 1.5, 2.5, 1.0
_BUF_C, _K_BUF_C, _BUF_SR, _K_BUF_SR, _BUF_SS, _K_BUF_SS = 0.2, 0.001, 10.0, 0.3, 0.4, 0.00025

# Tables: from where on, how dense, how many; and how many powers of two of a step.
_LOWEST_MV, _PITCH_MV, _ROWS = -120.0, 0.05, 4401
_K1_SHIFT = -90.0
LEVELS = 5


@njit(cache=True, error_model="numpy")
def _kinetics(v: float, ca_ss: float, target: NDArray[np.float64], tau: NDArray[np.float64]) -> None:
    """Fill where the gates (12,) tend to at a potential, and how fast, ms."""
    target[0] = 1.0 / (1.0 + math.exp((-26.0 - v) / 7.0))
    tau[0] = 450.0 / (1.0 + math.exp((-45.0 - v) / 10.0)) * 6.0 / (1.0 + math.exp((v + 30.0) / 11.5))
    target[1] = 1.0 / (1.0 + math.exp((v + 88.0) / 24.0))
    tau[1] = 3.0 / (1.0 + math.exp((-60.0 - v) / 20.0)) * 1.12 / (1.0 + math.exp((v - 60.0) / 20.0))
    target[2] = 1.0 / (1.0 + math.exp((-5.0 - v) / 14.0))
    tau[2] = 80.0 + 1400.0 / math.sqrt(1.0 + math.exp((5.0 - v) / 6.0)) / (1.0 + math.exp((v - 35.0) / 15.0))
    target[3] = (1.0 + math.exp((-56.86 - v) / 9.03)) ** -2
    tau[3] = (0.1 / (1.0 + math.exp((v + 35.0) / 5.0)) + 0.1 / (1.0 + math.exp((v - 50.0) / 200.0))) / (
        1.0 + math.exp((-60.0 - v) / 5.0)
    )
    target[4] = target[5] = (1.0 + math.exp((v + 71.55) / 7.43)) ** -2
    if v < -40.0:
        tau[4] = 1.0 / (
            0.057 * math.exp(-(v + 80.0) / 6.8) + 2.7 * math.exp(0.079 * v) + 3.1e5 * math.exp(0.3485 * v)
        )
        opening = (-(2.5428e4 * math.exp(0.2444 * v) + 6.948e-6 * math.exp(-0.04391 * v)) * (v + 37.78)) / (
            1.0 + math.exp(0.311 * (v + 79.23))
        )
        closing = 0.02424 * math.exp(-0.01052 * v) / (1.0 + math.exp(-0.1378 * (v + 40.14)))
        tau[5] = 1.0 / (opening + closing)
    else:
        tau[4] = 0.13 * (1.0 + math.exp(-(v + 10.66) / 11.1)) / 0.77
        tau[5] = (1.0 + math.exp(-0.1 * (v + 32.0))) / (0.6 * math.exp(0.057 * v))
    target[6] = 1.0 / (1.0 + math.exp((-8.0 - v) / 7.5))
    tau[6] = (1.4 / (1.0 + math.exp((-35.0 - v) / 13.0)) + 0.25) * 1.4 / (
        1.0 + math.exp((v + 5.0) / 5.0)
    ) + 1.0 / (1.0 + math.exp((50.0 - v) / 20.0))
    low = 1.0 / (1.0 + math.exp((v + 30.0) / 10.0))
    target[7] = 1.0 / (1.0 + math.exp((v + 20.0) / 7.0))
    tau[7] = (
        1102.5 * math.exp(-((v + 27.0) ** 2) / 225.0) + 200.0 / (1.0 + math.exp((13.0 - v) / 10.0))
        + 180.0 * low + 20.0
    )  # fmt: skip
    target[8] = 0.67 / (1.0 + math.exp((v + 35.0) / 7.0)) + 0.33
    tau[8] = (
        562.0 * math.exp(-((v + 27.0) ** 2) / 240.0) + 31.0 / (1.0 + math.exp((25.0 - v) / 10.0)) + 80.0 * low
    )
    free = 1.0 / (1.0 + (ca_ss / 0.05) ** 2)
    target[9], tau[9] = 0.6 * free + 0.4, 80.0 * free + 2.0
    target[10] = 1.0 / (1.0 + math.exp((v + 20.0) / 5.0))
    tau[10] = 85.0 * math.exp(-((v + 45.0) ** 2) / 320.0) + 5.0 / (1.0 + math.exp((v - 20.0) / 5.0)) + 3.0
    target[11] = 1.0 / (1.0 + math.exp((20.0 - v) / 6.0))
    tau[11] = 9.5 * math.exp(-((v + 40.0) ** 2) / 1800.0) + 0.8


@njit(cache=True, error_model="numpy")
def _potential_parts(v: float, part: NDArray[np.float64]) -> None:
    """Fill what currents take from the potential alone (7,).

    Two parts of the calcium channel's drive, I_pK's share, the pump's, two of the exchanger's; and I_K1's
    share at ``v - _K1_SHIFT`` above the potential of potassium.
    """
    x = 2.0 * (v - 15.0) / _RTF
    # x / (exp x - 1) is 1 - x / 2 at 15 mV.
    part[0] = x / (math.exp(x) - 1.0) if abs(x) > 1e-6 else 1.0 - 0.5 * x
    part[1] = part[0] * math.exp(x)
    part[2] = _G_PK / (1.0 + math.exp((25.0 - v) / 5.98))
    unit = v / _RTF
    part[3] = (
        _P_NAK * _K_O / (_K_O + _K_MK) / (1.0 + 0.1245 * math.exp(-0.1 * unit) + 0.0353 * math.exp(-unit))
    )
    inward = math.exp((_GAMMA - 1.0) * unit)
    rest = _K_NACA / ((_KM_NAI**3 + _NA_O**3) * (_KM_CA + _CA_O) * (1.0 + _K_SAT * inward))
    part[4], part[5] = rest * math.exp(_GAMMA * unit) * _CA_O, rest * inward * _NA_O**3 * _ALPHA
    to_k = v - _K1_SHIFT
    opening = 0.1 / (1.0 + math.exp(0.06 * (to_k - 200.0)))
    closing = (3.0 * math.exp(0.0002 * (to_k + 100.0)) + math.exp(0.1 * (to_k - 10.0))) / (
        1.0 + math.exp(-0.5 * to_k)
    )
    part[6] = _G_K1 * opening / (opening + closing)


@njit(cache=True, error_model="numpy")
def tables(step: float) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Return what hangs on the potential alone, by rows of ``_PITCH_MV`` from ``_LOWEST_MV`` on.

    Where gates tend to (rows, 12), what stays of their distance after half of 2ᵏ steps (LEVELS, rows, 12),
    and parts of currents (rows, 7).
    """
    target, tau = np.empty((_ROWS, GATES)), np.empty(GATES)
    stays, parts = np.empty((LEVELS, _ROWS, GATES)), np.empty((_ROWS, 7))
    for row in range(_ROWS):
        v = _LOWEST_MV + row * _PITCH_MV
        _kinetics(v, 0.0, target[row], tau)
        _potential_parts(v, parts[row])
        for level in range(LEVELS):
            for gate in range(GATES):
                stays[level, row, gate] = math.exp(-0.5 * step * 2.0**level / tau[gate])
    return target, stays, parts


@njit(cache=True, error_model="numpy", inline="always")
def _row(v: float) -> tuple[int, float]:
    """Return a potential's row in the tables, and how far on it lies to the next one."""
    at = min(max((v - _LOWEST_MV) / _PITCH_MV, 0.0), _ROWS - 1.001)
    return int(at), at - int(at)


@njit(cache=True, error_model="numpy")
def _reversal(s: NDArray[np.float64], out: NDArray[np.float64]) -> None:
    """Fill the potentials (4,) at which sodium, potassium, I_Ks and calcium do not flow."""
    out[0], out[1] = _RTF * math.log(_NA_O / s[16]), _RTF * math.log(_K_O / s[17])
    out[2] = _RTF * math.log((_K_O + _P_KNA * _NA_O) / (s[17] + _P_KNA * s[16]))
    out[3] = 0.5 * _RTF * math.log(_CA_O / s[13])


@njit(cache=True, error_model="numpy")
def _currents(
    v: float, s: NDArray[np.float64], reversal: NDArray[np.float64], parts: NDArray[np.float64],
    rates: NDArray[np.float64],
) -> float:  # fmt: skip
    """Return the ionic current, pA/pF, and fill the rates (6,) of what is no gate, 1/ms and mM/ms."""
    ca_i, na_i = s[13], s[16]
    to_na, to_k = v - reversal[0], v - reversal[1]
    row, on = _row(v)
    low, high = parts[row], parts[row + 1]
    sodium = (_G_NA * s[3] * s[3] * s[3] * s[4] * s[5] + _G_BNA) * to_na
    drive, driven = low[0] + on * (high[0] - low[0]), low[1] + on * (high[1] - low[1])
    gate = _G_CAL * s[6] * s[7] * s[8] * s[9] * 2.0 * _FARADAY
    channel = gate * (0.25 * s[15] * driven - _CA_O * drive)
    pump = (low[3] + on * (high[3] - low[3])) * na_i / (na_i + _K_MNA)
    exchanger = (low[4] + on * (high[4] - low[4])) * na_i**3 - (low[5] + on * (high[5] - low[5])) * ca_i
    plateau = low[2] + on * (high[2] - low[2])
    row, on = _row(to_k + _K1_SHIFT)
    rectifier = parts[row, 6] + on * (parts[row + 1, 6] - parts[row, 6])
    share = rectifier + plateau + _G_TO * s[11] * s[10] + _G_KR * math.sqrt(_K_O / 5.4) * s[0] * s[1]
    potassium = to_k * share + _G_KS * s[2] * s[2] * (v - reversal[2])
    calcium = _G_BCA * (v - reversal[3]) + _G_PCA * ca_i / (_K_PCA + ca_i)
    _calcium(s, calcium - 2.0 * exchanger, channel, rates)
    per = 1e6 * _CM / (_V_C * _FARADAY)
    rates[4] = -(sodium + 3.0 * pump + 3.0 * exchanger) * per
    rates[5] = -(potassium - 2.0 * pump) * per
    return float(sodium + channel + potassium + pump + exchanger + calcium)


@njit(cache=True, error_model="numpy")
def _calcium(s: NDArray[np.float64], membrane: float, channel: float, rates: NDArray[np.float64]) -> None:
    """Fill the rates of the release channel and of calcium, with the currents that carry it, pA/pF."""
    ca_i, ca_sr, ca_ss = s[13], s[14], s[15]
    load = _MAX_SR - (_MAX_SR - _MIN_SR) / (1.0 + (_EC / ca_sr) ** 2)
    rates[0] = _K4 * (1.0 - s[12]) - _K2 * load * ca_ss * s[12]
    bound = _K1 / load * ca_ss**2
    release = _V_REL * bound * s[12] / (_K3 + bound) * (ca_sr - ca_ss)
    uptake = _VMAX_UP / (1.0 + (_K_UP / ca_i) ** 2)
    leak, transfer = _V_LEAK * (ca_sr - ca_i), _V_XFER * (ca_ss - ca_i)
    share = 1e6 * _CM / (2.0 * _FARADAY)
    rates[1] = ((leak - uptake) * _V_SR / _V_C + transfer - membrane * share / _V_C) / (
        1.0 + _BUF_C * _K_BUF_C / (ca_i + _K_BUF_C) ** 2
    )
    rates[2] = (uptake - release - leak) / (1.0 + _BUF_SR * _K_BUF_SR / (ca_sr + _K_BUF_SR) ** 2)
    rates[3] = (release * _V_SR / _V_SS - transfer * _V_C / _V_SS - channel * share / _V_SS) / (
        1.0 + _BUF_SS * _K_BUF_SS / (ca_ss + _K_BUF_SS) ** 2
    )


@njit(cache=True, error_model="numpy")
def advance(
    v: float, s: NDArray[np.float64], step: float, level: int, stimulus: float,
    target: NDArray[np.float64], stays: NDArray[np.float64], parts: NDArray[np.float64],
    work: NDArray[np.float64],
) -> float:  # fmt: skip
    """Let a cell go on by 2ᵏ steps at once, k the ``level``, its state (18,) in place; return its potential.

    Second order: potential and concentrations by the midpoint rule, gates by the exact answer to the
    potential at the middle (after Rush and Larsen 1978, IEEE Trans Biomed Eng 25:389).

    Parameters
    ----------
    stimulus : float
        What flows in beside, mV/ms.
    target, stays, parts
        From ``tables(step)``.
    work : ndarray, shape (3, 18)
        Memory to work in.
    """
    half, rates, reversal = work[0], work[1], work[2]
    whole = step * 2.0**level
    _reversal(s, reversal)
    middle = v + 0.5 * whole * (stimulus - _currents(v, s, reversal, parts, rates))
    for k in range(GATES, 18):
        half[k] = s[k] + 0.5 * whole * rates[k - GATES]
    row, on = _row(middle)
    for k in range(GATES):
        to = target[row, k] + on * (target[row + 1, k] - target[row, k])
        stay = stays[level, row, k] + on * (stays[level, row + 1, k] - stays[level, row, k])
        away = (s[k] - to) * stay
        half[k] = to + away
        s[k] = to + away * stay if k != 9 else s[k]
    # The one gate that hangs on calcium beside it and not on the potential.
    free = 1.0 / (1.0 + (half[15] / 0.05) ** 2)
    stay = math.exp(-0.5 * whole / (80.0 * free + 2.0))
    away = (s[9] - 0.6 * free - 0.4) * stay
    half[9], s[9] = 0.6 * free + 0.4 + away, 0.6 * free + 0.4 + away * stay
    after = v + whole * (stimulus - _currents(middle, half, reversal, parts, rates))
    for k in range(GATES, 18):
        s[k] += whole * rates[k - GATES]
    return float(after)


@njit(cache=True, error_model="numpy")
def _pace(v: float, s: NDArray[np.float64], step: float, stimulated: int, out: NDArray[np.float64]) -> float:
    work = np.empty((3, 18))
    target, stays, parts = tables(step)
    for n in range(len(out)):
        out[n] = v
        v = advance(v, s, step, 0, 52.0 if n < stimulated else 0.0, target, stays, parts, work)
    return v


def action_potentials(beats: int, period_ms: float = 1000.0, step_ms: float = 0.02) -> NDArray[np.float64]:
    """Return a single cell's potential (beats, n), mV, each beat begun by 52 pA/pF for 1 ms."""
    count = round(period_ms / step_ms)
    traces, v, s = np.empty((beats, count)), RESTING_MV, RESTING.copy()
    for trace in traces:
        v = _pace(v, s, step_ms, round(1.0 / step_ms), trace)
    return traces
