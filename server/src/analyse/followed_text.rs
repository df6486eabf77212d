//! What followed, as Markdown.

use std::fmt;

use analysis::study::HORIZONS;

use super::followed::{After, Effective, Found, MeasureReading, Said};

const HOUR_MS: i64 = 3_600_000;

fn horizon(ms: i64) -> String {
    if ms < HOUR_MS { format!("{} min", ms / 60_000) } else { format!("{} h", ms / HOUR_MS) }
}

/// A rank correlation with its interval; bold where the interval lies on one side of zero.
fn rank_ic(after: &Said<After>) -> String {
    let Some(after) = after.known() else { return "–".to_owned() };
    match after.interval {
        Said::Known((low, high)) => {
            let text = format!("{:+.3} [{low:+.3}, {high:+.3}]", after.rank_ic);
            if low > 0.0 || high < 0.0 { format!("**{text}**") } else { text }
        }
        Said::Missing(_) => format!("{:+.3} (no interval)", after.rank_ic),
    }
}

impl fmt::Display for Found {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.write_followed(f)?;
        self.write_measures(f)?;
        self.write_together(f)?;
        self.write_scores(f)
    }
}

impl Found {
    fn write_followed(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "\n### What followed\n\n\
             Rank IC: Spearman's correlation of a reading with the return in excess of the median of all contracts, entered after the\n\
             decision; mean over disjoint windows of at least {} contracts, with the 95 % interval by resampling days, in bold where zero\n\
             lies outside. Hits: how often the direction was that of the excess return, and how often it would be by chance. Spread: the\n\
             top fifth less the bottom fifth in bps, mean and median before costs, and the mean after two round trips of {} bps. {} bars,\n\
             one every {} minutes; {} more could not be entered within a minute.\n",
            self.members, self.cost_bps, self.bars, self.every_minutes, self.not_entered
        )?;
        if self.readings.iter().all(|reading| reading.followed.iter().all(|after| after.known().is_none())) {
            let reason = self.readings.iter().find_map(|reading| reading.followed.first()?.why());
            return writeln!(f, "{}.", reason.map_or("not enough data", String::as_str));
        }
        writeln!(
            f,
            "| Reading | Horizon | Rank IC | Windows, days | Hits (chance) | Spread: mean, median, after costs |"
        )?;
        writeln!(f, "|---|---:|---|---:|---|---|")?;
        for reading in &self.readings {
            for (ms, after) in HORIZONS.iter().zip(&reading.followed) {
                let Some(found) = after.known() else { continue };
                let hits =
                    found.hits.known().map_or_else(|| "–".to_owned(), |(rate, base)| format!("{rate:.3} ({base:.3})"));
                let spread = found.spread_bps.known().map_or_else(
                    || "–".to_owned(),
                    |[mean, median, after]| format!("{mean:+.1}, {median:+.1}, {after:+.1}"),
                );
                writeln!(
                    f,
                    "| {} | {} | {} | {}, {} | {hits} | {spread} |",
                    reading.name,
                    horizon(*ms),
                    rank_ic(after),
                    found.windows,
                    found.days
                )?;
            }
        }
        Ok(())
    }

    fn write_measures(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let followed = |measure: &&MeasureReading| measure.reading.followed.iter().any(|after| after.known().is_some());
        if !self.measures.iter().any(|measure| followed(&measure)) {
            return Ok(());
        }
        writeln!(
            f,
            "\n### What followed each measure\n\nRank IC with its interval, as above. Where nothing follows, one interval in twenty\n\
             lies on one side of zero by chance.\n"
        )?;
        writeln!(f, "| Measure | Candles | {} |", HORIZONS.map(horizon).join(" | "))?;
        writeln!(f, "|---|---|{}", "---|".repeat(HORIZONS.len()))?;
        for measure in self.measures.iter().filter(followed) {
            let cells: Vec<String> = measure.reading.followed.iter().map(rank_ic).collect();
            writeln!(
                f,
                "| `{}` | {} | {} |",
                measure.reading.name,
                measure.timeframe.unwrap_or("–"),
                cells.join(" | ")
            )?;
        }
        Ok(())
    }

    fn write_together(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.correlation.is_empty() {
            return Ok(());
        }
        writeln!(f, "\n### How readings go together\n\nPearson's correlation over all bars.\n")?;
        let names: Vec<&str> = self.correlation.iter().map(|(name, _)| name.as_str()).collect();
        writeln!(f, "| | {} |\n|---|{}", names.join(" | "), "---:|".repeat(names.len()))?;
        for (name, row) in &self.correlation {
            let cells: Vec<String> =
                row.iter().map(|cell| cell.known().map_or_else(|| "–".to_owned(), |r| format!("{r:.2}"))).collect();
            writeln!(f, "| {name} | {} |", cells.join(" | "))?;
        }
        writeln!(f, "\nHow many independent ones they are worth (k²/‖R‖²_F of their correlation matrix R):\n")?;
        let line = |name: &str, effective: &Effective| match &effective.number {
            Said::Known(number) => format!("- {} {name}: {number:.2}\n", effective.of),
            Said::Missing(reason) => format!("- {} {name}: {reason}\n", effective.of),
        };
        let (dimensions, factors) = (line("dimensions", &self.dimensions), line("factors", &self.factors));
        write!(f, "{dimensions}{factors}{}", line("measures", &self.all_measures))
    }

    fn write_scores(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some(scores) = self.scores.known() else { return Ok(()) };
        writeln!(f, "\n### Scores as they were\n")?;
        let [p5, p25, p50, p75, p95] = scores.quantiles;
        writeln!(
            f,
            "5 % of them are below {p5:.1}, a quarter below {p25:.1}, half below {p50:.1}, a quarter above {p75:.1}, 5 % above {p95:.1}.\n"
        )?;
        writeln!(f, "| Score | Share of bars |\n|---|---:|")?;
        for (range, share) in scores.histogram.iter().enumerate() {
            writeln!(f, "| {} to {} | {:.1} % |", 10 * range, 10 * (range + 1), 100.0 * share)?;
        }
        Ok(())
    }
}
