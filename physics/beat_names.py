"""What a beat's numbers are called, by the keys that steps answer with; light, for those who only read."""

ELASTANCE = "lv_end_systolic_elastance_mmhg_per_ml"
QRS = "qrs_ms"

SUCTION = "as the ventricle begins to fill its pressure falls some mmHg below none, more than hearts suck"
"""A limit of fitted hearts, which stands beside their loop too."""

NAMES: dict[str, tuple[str, str]] = {
    "lv_end_diastolic_volume_ml": ("end-diastolic volume", "mL"),
    "lv_end_systolic_volume_ml": ("end-systolic volume", "mL"),
    "lv_stroke_volume_ml": ("stroke volume", "mL"),
    "lv_ejection_fraction_percent": ("ejection fraction", "%"),
    "cardiac_output_l_per_min": ("cardiac output", "L/min"),
    "systolic_pressure_mmhg": ("systolic arterial pressure", "mmHg"),
    "diastolic_pressure_mmhg": ("diastolic arterial pressure", "mmHg"),
    "mean_arterial_pressure_mmhg": ("mean arterial pressure", "mmHg"),
    "lv_peak_pressure_mmhg": ("largest ventricular pressure", "mmHg"),
    "lv_end_diastolic_pressure_mmhg": ("end-diastolic pressure", "mmHg"),
    "lv_dp_dt_max_mmhg_per_s": ("largest rise of pressure (dP/dt)", "mmHg/s"),
    "lv_stroke_work_mmhg_ml": ("stroke work", "mmHg mL"),
    ELASTANCE: ("end-systolic elastance", "mmHg/mL"),
    "la_mean_pressure_mmhg": ("mean left atrial pressure", "mmHg"),
    "isovolumic_contraction_s": ("isovolumic contraction", "s"),
}
"""What a beat's measures are called, and their units."""

RIGHT_NAMES: dict[str, tuple[str, str]] = {
    "rv_end_diastolic_volume_ml": ("right ventricle, end-diastolic volume", "mL"),
    "rv_end_systolic_volume_ml": ("right ventricle, end-systolic volume", "mL"),
    "rv_stroke_volume_ml": ("right ventricle, stroke volume", "mL"),
    "rv_ejection_fraction_percent": ("right ventricle, ejection fraction", "%"),
    "rv_peak_pressure_mmhg": ("right ventricle, largest pressure", "mmHg"),
    "rv_end_diastolic_pressure_mmhg": ("right ventricle, end-diastolic pressure", "mmHg"),
    "pulmonary_artery_mean_pressure_mmhg": ("mean pulmonary arterial pressure", "mmHg"),
    "ra_mean_pressure_mmhg": ("mean right atrial pressure", "mmHg"),
}
"""The same of the right side, where its ventricle is a wall too."""

TOLD: dict[str, tuple[str, str]] = {
    "qp_qs": ("flow through the lungs over that through the body (Qp/Qs)", "1"),
    "left_ventricular_assist_l_per_min": ("flow through the pump", "L/min"),
    "pump_share_percent": ("share of the pump", "%"),
    "aortic_mean_gradient_mmhg": ("mean gradient of the aortic valve", "mmHg"),
    "aortic_peak_gradient_mmhg": ("peak gradient of the aortic valve", "mmHg"),
    "aortic_gorlin_area_cm2": ("aortic valve area by Gorlin", "cm²"),
    "aortic_regurgitant_fraction_percent": ("aortic regurgitant fraction", "%"),
    "mitral_mean_gradient_mmhg": ("mean gradient of the mitral valve", "mmHg"),
    "mitral_gorlin_area_cm2": ("mitral valve area by Gorlin", "cm²"),
    "mitral_regurgitant_fraction_percent": ("mitral regurgitant fraction", "%"),
    QRS: ("QRS duration", "ms"),
}
"""Numbers of valves, passages and activation, told beside ``NAMES``; the first where they changed."""

KEYS = {name: key for key, (name, _unit) in (NAMES | RIGHT_NAMES | TOLD).items()}
"""The key of each number by its name."""
