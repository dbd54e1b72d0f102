"""Verification of operations: what goes where, and formulas of the catheter laboratory."""

import numpy as np

from physics.circulation import ADULT
from physics.circulation.parameters import BERNOULLI
from physics.circulation.patients import FAILING
from physics.surgery import ASSIST, assisted, closed, compare, leaking, with_defect, with_valve
from physics.verify import Row, problem, row
from resources.heart_pumps import heart_pumps


@problem("surgery")
def surgery() -> list[Row]:
    """A valve replaced, a leak, defects and their closure, a pump; references are balances and formulas."""
    stenosis = with_valve("aortic", 0.8)(ADULT)
    valve = compare(stenosis, with_valve("aortic", 1.8)).after
    leak = compare(ADULT, leaking("mitral", 0.4)).after
    rows = [
        # Gorlin's formula takes the mean flow where its square counts: up to a fifth too little.
        row("area_of_a_valve_of_1.8cm2", valve["aortic_gorlin_area_cm2"], 1.8, "cm²", 20.0),
        row("isovolumic_contraction_with_a_leak", leak["isovolumic_contraction_s"], 0.0, "s", 1e-9),
    ]
    for name, area in (("ventricular septal defect", 0.4), ("atrial septal defect", 1.0)):
        found = compare(ADULT, with_defect(name, area))
        after, short = found.after, name.partition(" ")[0]
        shunt = after["pulmonary_flow_l_per_min"] - after["cardiac_output_l_per_min"]
        through = after[f"{name.replace(' ', '_')}_l_per_min"]
        mended = compare(found.circulation, closed(name)).after["cardiac_output_l_per_min"]
        rows += [
            row(f"{short}_shunt", through, shunt, "L/min", 0.1),
            row(f"{short}_closed_output", mended, found.before["cardiac_output_l_per_min"], "L/min", 0.1),
        ]
        if short == "ventricular":
            last = found.beats_after.last()
            drop = last.pressures_mmhg[1:, 1] - last.pressures_mmhg[1:, 3]
            bernoulli = BERNOULLI * area * np.mean(np.sign(drop) * np.sqrt(np.abs(drop))) * 60e-3
            rows.append(row("ventricular_shunt_by_bernoulli", through, float(bernoulli), "L/min", 5.0))
    pump, rpm = next(iter(heart_pumps().values())), 5400.0
    found = compare(FAILING, assisted(rpm))
    last = found.beats_after.last()
    head = float(np.mean(last.states[1:, 4] - last.pressures_mmhg[1:, 1]))
    free = pump.head_mmhg_per_rpm2 * rpm**2 - head
    resistance, loss = pump.resistance_mmhg_s_per_ml, pump.loss_mmhg_s2_per_ml2
    flow = (np.sqrt(resistance**2 + 4 * loss * free) - resistance) / (2 * loss) * 60e-3
    through = found.after[f"{ASSIST.replace(' ', '_')}_l_per_min"]
    return [*rows, row("pump_flow_at_its_mean_head", through, float(flow), "L/min", 5.0)]
