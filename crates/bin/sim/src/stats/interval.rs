//! Confidence intervals over replications: each run is one independent observation.

/// A mean over runs, and how far the truth may lie from it.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Estimate {
    /// The mean of the runs.
    pub mean: f64,
    /// Half the width of the 95 % interval (Student's t); none with a single run.
    pub half: Option<f64>,
}

impl Estimate {
    /// Over one observation a run; none of none.
    #[must_use]
    pub fn of(runs: &[f64]) -> Option<Self> {
        let n = runs.len() as f64;
        if runs.is_empty() {
            return None;
        }
        let mean = runs.iter().sum::<f64>() / n;
        let half = (runs.len() > 1).then(|| {
            let squares: f64 = runs.iter().map(|run| (run - mean).powi(2)).sum();
            student(runs.len() - 1) * (squares / (n - 1.0) / n).sqrt()
        });
        Some(Self { mean, half })
    }
}

/// Student's t for a two-sided interval of 95 %, by degrees of freedom.
#[must_use]
pub fn student(freedom: usize) -> f64 {
    const T: [f64; 30] = [
        12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228, 2.201, 2.179, 2.160,
        2.145, 2.131, 2.120, 2.110, 2.101, 2.093, 2.086, 2.080, 2.074, 2.069, 2.064, 2.060, 2.056,
        2.052, 2.048, 2.045, 2.042,
    ];
    const NORMAL: f64 = 1.959_964;
    match freedom {
        0 => f64::INFINITY,
        1..=30 => T[freedom - 1],
        // The first terms of its expansion about the normal: right to three places from here on.
        _ => {
            let n = freedom as f64;
            NORMAL
                + (NORMAL.powi(3) + NORMAL) / (4.0 * n)
                + (5.0 * NORMAL.powi(5) + 16.0 * NORMAL.powi(3) + 3.0 * NORMAL) / (96.0 * n * n)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_interval_is_students() {
        let estimate = Estimate::of(&[1.0, 2.0, 3.0, 4.0, 5.0]).unwrap();
        assert_eq!(estimate.mean, 3.0);
        // t(4) · √(2.5 / 5)
        assert!((estimate.half.unwrap() - 2.776 * 0.5_f64.sqrt()).abs() < 1e-9);
        assert_eq!(Estimate::of(&[1.0]).unwrap().half, None);
        assert_eq!(Estimate::of(&[]), None);
        for (freedom, t) in [(40, 2.021), (60, 2.000), (120, 1.980)] {
            assert!((student(freedom) - t).abs() < 0.001, "{freedom}");
        }
    }
}
