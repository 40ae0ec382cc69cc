use super::*;
use proptest::prelude::*;

fn samples() -> impl Strategy<Value = Vec<Sample>> {
    let name = prop::sample::select(vec!["a", "b", "ä", ""]);
    let row = (0..Kind::ALL.len(), name, any::<u64>(), 0..4_usize);
    let row = row.prop_map(|(kind, name, value, place)| {
        let kind = Kind::ALL[kind];
        let mut values = vec![0; kind.fields().len()];
        let place = place.min(values.len() - 1);
        values[place] = value.max(1);
        let labels = kind.labels().iter().map(|_| name.into()).collect();
        let key = Key { kind, labels };
        Row { key, values }
    });
    let rows = prop::collection::vec(row, 0..12).prop_map(|mut rows| {
        rows.sort_by(|a, b| a.key.cmp(&b.key));
        rows.dedup_by(|a, b| a.key == b.key);
        rows
    });
    let sample = (0..1_000_u64, rows);
    prop::collection::vec(sample, 1..12).prop_map(|all| {
        let mut at = 1_700_000_000;
        let sample = all.into_iter().map(|(passed, rows)| {
            at += passed;
            Sample { at, rows }
        });
        sample.collect()
    })
}

fn written(samples: &[Sample]) -> Vec<Vec<u8>> {
    let mut writer = Writer::default();
    samples.iter().map(|it| writer.record(it)).collect()
}

fn read(bytes: &[u8]) -> Vec<Sample> {
    let mut reader = Reader::new(bytes);
    let mut read = Vec::new();
    while reader.next().is_some() {
        let mut sample = reader.sample();
        sample.rows.sort_by(|a, b| a.key.cmp(&b.key));
        read.push(sample);
    }
    read
}

proptest! {
    #[test]
    fn what_is_written_is_read(samples in samples()) {
        let bytes = written(&samples).concat();
        prop_assert_eq!(read(&bytes), samples);
    }

    /// Cut anywhere, it has all records that are whole, and nothing else.
    #[test]
    fn a_torn_record_is_dropped_and_nothing_else(samples in samples(), cut in 0.0..1.0) {
        let records = written(&samples);
        let bytes = records.concat();
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, clippy::cast_precision_loss,
            reason = "a place in the bytes")]
        let cut = (cut * bytes.len() as f64) as usize;
        let mut end = 0;
        let whole = records.iter().take_while(|it| {
            end += it.len();
            end <= cut
        });
        let whole = whole.count();
        prop_assert_eq!(read(&bytes[..cut]), &samples[..whole]);
    }

    /// A byte that is another one costs its record and those behind it.
    #[test]
    fn a_wrong_byte_makes_no_figure(samples in samples(), place in any::<prop::sample::Index>(), with in 1..=255_u8) {
        let records = written(&samples);
        let mut bytes = records.concat();
        let place = place.index(bytes.len());
        bytes[place] ^= with;
        let mut end = 0;
        let before = records.iter().take_while(|it| {
            end += it.len();
            end <= place
        });
        let before = before.count();
        prop_assert_eq!(read(&bytes), &samples[..before]);
    }

    #[test]
    fn anything_may_be_read(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        read(&bytes);
        read(&framed(&bytes));
    }
}
