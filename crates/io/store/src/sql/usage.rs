//! Usage counters.

use super::check;
use crate::backend::{Mode, Row, Tx, values};
use crate::error::{Invalid, StoreResult};
use crate::id::EntityId;
use crate::limits;
use crate::seam::{UsageCounts, UsageDelta, UsageGrain, UsageQuery, UsageRow, WallTime};
use crate::store::Store;
use std::collections::BTreeMap;

const HOUR: i64 = 3_600_000;
const DAY: i64 = 24 * HOUR;

/// The start of the hour that a time lies in.
fn hour(at: WallTime) -> i64 {
    at.0.div_euclid(HOUR).saturating_mul(HOUR)
}

/// What a counter counts: client, start of the hour, path template and method.
pub(super) type Key<'a> = (&'a EntityId, i64, &'a str, &'a str);

/// Counts to add, one for each counter and always in the same order: two batches can't wait for each other.
pub(super) type Sums<'a> = BTreeMap<Key<'a>, UsageCounts>;

/// Adds the deltas of a batch up.
pub(super) fn sums(deltas: &[UsageDelta]) -> StoreResult<Sums<'_>> {
    check::at_most("usage", deltas.len(), limits::BATCH)?;
    let mut sums = Sums::new();
    for delta in deltas {
        check::name("template", &delta.template)?;
        check::name("method", &delta.method)?;
        let key = (
            &delta.client,
            hour(delta.at),
            delta.template.as_str(),
            delta.method.as_str(),
        );
        sums.entry(key).or_default().add(&delta.counts);
    }
    Ok(sums)
}

impl Store {
    /// Adds up to [`limits::BATCH`] counts. Those of clients that are gone are dropped.
    ///
    /// # Errors
    /// `Invalid` for more of them, and for one whose template or method is no name.
    pub async fn add_usage(&self, deltas: &[UsageDelta]) -> StoreResult<()> {
        let sums = sums(deltas)?;
        if sums.is_empty() {
            return Ok(());
        }
        self.within(Mode::Append, async |tx| add(tx, sums).await)
            .await
    }

    /// How often the API was called, ordered by time, client, template and method.
    ///
    /// # Errors
    /// `Invalid` when there are more than [`limits::USAGE_ROWS`] rows: ask for less.
    pub async fn usage(&self, query: &UsageQuery) -> StoreResult<Vec<UsageRow>> {
        let at = match &query.grain {
            UsageGrain::Hour => "hour".to_owned(),
            // Hours from 1970 on; earlier ones aren't counted.
            UsageGrain::Day => format!("hour - hour % {DAY}"),
            UsageGrain::Spans(starts) => spans(starts)?,
            UsageGrain::Span => "NULL".to_owned(),
        };
        let column = |wanted, name: &'static str| if wanted { name } else { "NULL" };
        let client = column(query.by_client, "client_id");
        let template = column(query.by_template, "template");
        let method = column(query.by_method, "method");
        let groups: Vec<&str> = [at.as_str(), client, template, method]
            .into_iter()
            .filter(|g| *g != "NULL")
            .collect();
        let grouped = if groups.is_empty() {
            "HAVING COUNT(*) > 0".to_owned()
        } else {
            format!("GROUP BY {0} ORDER BY {0}", groups.join(", "))
        };
        let sums = [
            "status_200",
            "status_300",
            "status_400",
            "status_429",
            "status_500",
            "requests",
        ]
        .map(|name| format!("CAST(SUM({name}) AS BIGINT)"))
        .join(", ");
        let mut parameters = values![hour(query.from), query.until, limits::USAGE_ROWS as i64 + 1];
        let of_client = match &query.client {
            Some(client) => {
                parameters.extend(values![client]);
                "AND client_id = $4"
            }
            None => "",
        };
        let sql = format!(
            "SELECT {at}, {client}, {template}, {method}, {sums} FROM api_usage \
             WHERE hour >= $1 AND hour < $2 {of_client} {grouped} LIMIT $3"
        );
        let rows = self.read(&sql, parameters).await?;
        if rows.len() > limits::USAGE_ROWS {
            return Err(Invalid::new(
                "interval",
                "gives more than 10000 rows; ask for a shorter one or a coarser grain",
            )
            .into());
        }
        rows.into_iter().map(read).collect()
    }

    /// Forgets up to [`limits::BATCH`] counters of hours before `until`; returns how many.
    pub async fn forget_usage(&self, until: WallTime) -> StoreResult<u64> {
        self.change(async |tx| {
            let sql = "DELETE FROM api_usage WHERE (client_id, hour, template, method) IN \
                       (SELECT client_id, hour, template, method FROM api_usage WHERE hour < $1 LIMIT $2)";
            tx.execute(sql, values![until, limits::BATCH as i64]).await
        })
        .await
    }
}

/// The start of the span that an hour lies in, as an expression.
fn spans(starts: &[WallTime]) -> StoreResult<String> {
    check::at_most("interval", starts.len(), limits::USAGE_SPANS)?;
    let Some(last) = starts.last() else {
        return Ok("NULL".to_owned());
    };
    let each = starts.windows(2).filter_map(|pair| match pair {
        [start, next] => Some(format!(
            "WHEN hour < {} THEN CAST({} AS BIGINT) ",
            next.0, start.0
        )),
        _ => None,
    });
    let each: String = each.collect();
    Ok(if each.is_empty() {
        format!("CAST({} AS BIGINT)", last.0)
    } else {
        format!("CASE {each}ELSE {} END", last.0)
    })
}

pub(super) async fn add(tx: &mut Tx, sums: Sums<'_>) -> StoreResult<()> {
    let sql = "INSERT INTO api_usage (client_id, hour, template, method, status_200, status_300, \
               status_400, status_429, status_500, requests) \
               SELECT id, CAST($2 AS BIGINT), CAST($3 AS TEXT), CAST($4 AS TEXT), CAST($5 AS BIGINT), \
               CAST($6 AS BIGINT), CAST($7 AS BIGINT), CAST($8 AS BIGINT), CAST($9 AS BIGINT), \
               CAST($10 AS BIGINT) FROM client WHERE id = $1 \
               ON CONFLICT (client_id, hour, template, method) DO UPDATE SET \
               status_200 = api_usage.status_200 + excluded.status_200, \
               status_300 = api_usage.status_300 + excluded.status_300, \
               status_400 = api_usage.status_400 + excluded.status_400, \
               status_429 = api_usage.status_429 + excluded.status_429, \
               status_500 = api_usage.status_500 + excluded.status_500, \
               requests = api_usage.requests + excluded.requests";
    for ((client, hour, template, method), counts) in sums {
        // A count that doesn't fit a column is no count of calls.
        let n = |count: u64| i64::try_from(count).unwrap_or(i64::MAX);
        let row = values![
            client,
            hour,
            template,
            method,
            n(counts.status_200),
            n(counts.status_300),
            n(counts.status_400),
            n(counts.status_429),
            n(counts.status_500),
            n(counts.requests),
        ];
        tx.execute(sql, row).await?;
    }
    Ok(())
}

fn read(mut row: Row) -> StoreResult<UsageRow> {
    Ok(UsageRow {
        at: row.take()?,
        client: row.take()?,
        template: row.take()?,
        method: row.take()?,
        counts: UsageCounts {
            status_200: row.take()?,
            status_300: row.take()?,
            status_400: row.take()?,
            status_429: row.take()?,
            status_500: row.take()?,
            requests: row.take()?,
        },
    })
}
