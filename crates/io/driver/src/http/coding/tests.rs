use super::*;
use ::brotli::enc::BrotliEncoderParams;
use flate2::{Compression, write};
use http::HeaderValue;
use std::fmt::Debug;
use std::future::Future;
use std::io::Write as _;
use std::pin::pin;
use std::task::{Context, Poll, Waker};

// In this process: another one would inherit what the tests beside these have locked.

fn gzip(plain: &[u8]) -> Vec<u8> {
    let mut packer = write::GzEncoder::new(Vec::new(), Compression::default());
    packer.write_all(plain).unwrap();
    packer.finish().unwrap()
}

/// `deflate` as it should be.
fn zlib(plain: &[u8]) -> Vec<u8> {
    let mut packer = write::ZlibEncoder::new(Vec::new(), Compression::default());
    packer.write_all(plain).unwrap();
    packer.finish().unwrap()
}

/// `deflate` as some servers have it.
fn deflate(plain: &[u8]) -> Vec<u8> {
    let mut packer = write::DeflateEncoder::new(Vec::new(), Compression::default());
    packer.write_all(plain).unwrap();
    packer.finish().unwrap()
}

/// A window of 2 to the power of `window`, and more than the standard allows if `large`.
fn brotli(mut plain: &[u8], window: i32, large: bool) -> Vec<u8> {
    let how = BrotliEncoderParams {
        quality: 3,
        lgwin: window,
        large_window: large,
        ..BrotliEncoderParams::default()
    };
    let mut packed = Vec::new();
    ::brotli::BrotliCompress(&mut plain, &mut packed, &how).unwrap();
    packed
}

fn zstd(plain: &[u8], window: u32) -> Vec<u8> {
    let mut packer = ::zstd::stream::Encoder::new(Vec::new(), 1).unwrap();
    packer.window_log(window).unwrap();
    packer.write_all(plain).unwrap();
    packer.finish().unwrap()
}

fn headers(codings: &str) -> HeaderMap {
    HeaderMap::from_iter([(CONTENT_ENCODING, HeaderValue::from_str(codings).unwrap())])
}

/// Polls to the end; with the result, how often other tasks got their turn.
fn run<T>(work: impl Future<Output = T>) -> (T, usize) {
    let (mut work, mut turns) = (pin!(work), 0);
    loop {
        match work.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(result) => return (result, turns),
            Poll::Pending => turns += 1,
        }
    }
}

fn unpacked(codings: &str, sent: &[u8], most: usize) -> Result<Bytes, BodyError> {
    let sent = Bytes::copy_from_slice(sent);
    run(unpack(&headers(codings), sent, most)).0
}

/// Bytes without an order, the same on each run.
fn noise(length: usize, seed: u64) -> Vec<u8> {
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state >> 32) as u8
    };
    (0..length).map(|_| next()).collect()
}

/// Each coding, and the same text packed in each.
fn packings(plain: &[u8]) -> [(&'static str, Vec<u8>); 5] {
    [
        ("gzip", gzip(plain)),
        ("deflate", zlib(plain)),
        ("deflate", deflate(plain)),
        ("br", brotli(plain, 22, false)),
        ("zstd", zstd(plain, 20)),
    ]
}

#[test]
fn each_coding_unpacks_to_what_was_packed_within_the_bound_and_not_a_byte_beyond() {
    let text = r#"{"name":"Zoë","numbers":[1,2,3]}"#.repeat(5_000).into_bytes();
    for plain in [b"x".to_vec(), text, noise(300_000, 1), vec![0; 3_000_000]] {
        for (coding, packed) in packings(&plain) {
            let length = plain.len();
            assert!(packed.len() <= most_sent(&headers(coding), length));
            for most in [length, length + 1, 10 * length] {
                assert_eq!(unpacked(coding, &packed, most).unwrap(), plain, "{coding}");
            }
            let beyond = unpacked(coding, &packed, length - 1);
            let most = length - 1;
            assert_eq!(beyond, Err(BodyError::UnpacksTooLong { coding, most }));
            let cut = unpacked(coding, &packed[..packed.len() - 1], length);
            let Err(BodyError::Broken { reason, .. }) = &cut else {
                panic!("{coding}: {cut:?}");
            };
            assert!(reason.contains("cut short"), "{coding}: {reason}");
            // What follows, other than further data of zstd's, is nobody's.
            let mut longer = packed.clone();
            longer.extend_from_slice(b"\0\0\0 what follows");
            let read = unpacked(coding, &longer, length);
            match coding {
                "zstd" => assert!(matches!(read, Err(BodyError::Broken { .. })), "{read:?}"),
                _ => assert_eq!(read.unwrap(), plain, "{coding}"),
            }
        }
    }
}

#[test]
fn members_and_frames_that_follow_each_other_are_one_body() {
    type Pack = fn(&[u8]) -> Vec<u8>;
    for (coding, pack) in [("gzip", gzip as Pack), ("zstd", |plain| zstd(plain, 20))] {
        let mut packed = Vec::new();
        for part in ["one ", "", "two ", "three"] {
            packed.extend(pack(part.as_bytes()));
        }
        assert_eq!(unpacked(coding, &packed, 100).unwrap(), "one two three");
        packed.truncate(packed.len() - 3);
        assert!(unpacked(coding, &packed, 100).is_err());
    }
    let many = gzip(b"x").repeat(MOST_MEMBERS);
    let read = unpacked("gzip", &many, MOST_MEMBERS).unwrap();
    assert_eq!(read.len(), MOST_MEMBERS);
    let more = [many, gzip(b"")].concat();
    let told = unpacked("gzip", &more, MOST_MEMBERS).unwrap_err();
    assert!(told.to_string().contains("10000 members"), "{told}");
}

#[test]
fn codings_are_taken_off_in_the_opposite_order() {
    let twice = brotli(&gzip(b"twice"), 22, false);
    for names in ["gzip, br", "X-GZIP,BR", "identity, gzip,, br ,identity"] {
        assert_eq!(unpacked(names, &twice, 100).unwrap(), "twice", "{names}");
    }
    let mut lines = headers("gzip");
    lines.append(CONTENT_ENCODING, HeaderValue::from_static("br"));
    let (read, _) = run(unpack(&lines, twice.clone().into(), 100));
    assert_eq!(read.unwrap(), "twice");
    assert!(matches!(
        unpacked("br, gzip", &twice, 100),
        Err(BodyError::Broken { coding: "gzip", .. })
    ));
    let mut often = b"often".to_vec();
    for _ in 0..MOST_CODINGS {
        often = gzip(&often);
    }
    let names = ["gzip"; MOST_CODINGS].join(", ");
    assert_eq!(unpacked(&names, &often, 100).unwrap(), "often");
    let names = format!("{names}, gzip");
    let most = MOST_CODINGS;
    let told = unpacked(&names, &gzip(&often), 100);
    assert_eq!(told, Err(BodyError::TooManyCodings { most }));
}

#[test]
fn what_is_no_coding_is_named() {
    for (names, named) in [
        ("compress", "compress"),
        ("gzip, UTF-8", "UTF-8"),
        ("gzip br", "gzip br"),
        (&"x".repeat(1000), &"x".repeat(MAX_QUOTED)),
    ] {
        let told = unpacked(names, b"{}", 100).unwrap_err();
        let coding = named.to_owned();
        assert_eq!(told, BodyError::UnknownCoding { coding });
        assert!(told.to_string().contains(named));
    }
    for names in ["", "identity", " , "] {
        assert_eq!(unpacked(names, b"{}", 100).unwrap(), "{}");
    }
    for names in [
        "compress",
        "gzip",
        "zstd, br",
        "gzip, gzip, gzip, gzip, gzip, gzip",
    ] {
        assert_eq!(unpacked(names, b"", 100).unwrap(), "", "{names}");
    }
    let told = unpacked("gzip", b"{\"ok\":true}", 100).unwrap_err();
    assert!(told.to_string().contains("gzip"), "{told}");
}

/// Up to 1 GiB, some of it behind a second coding.
#[test]
fn a_bomb_costs_what_the_bound_allows() {
    let zeros = vec![0; 16 * 1024 * 1024];
    let most = 1024 * 1024;
    let members = gzip(&zeros).repeat(64);
    let frames = zstd(&zeros, 20).repeat(64);
    let bombs = [
        ("gzip", members.clone()),
        ("zstd", frames.clone()),
        ("deflate", zlib(&zeros)),
        ("deflate", deflate(&zeros)),
        ("br", brotli(&zeros, 22, false)),
        ("gzip, br", brotli(&members, 22, false)),
        ("zstd, gzip", gzip(&frames)),
        ("gzip, gzip", gzip(&members)),
    ];
    for (codings, bomb) in bombs {
        let (read, turns) = run(unpack(&headers(codings), bomb.into(), most));
        assert!(
            matches!(read, Err(BodyError::UnpacksTooLong { .. })),
            "{codings} {read:?}"
        );
        let pieces = 2 * most_sent(&headers(codings), most) / STEP;
        assert!(turns <= 2 * pieces, "{codings}: {turns} steps");
    }
}

#[test]
fn others_get_their_turn_however_much_unpacks_to_nothing() {
    // Blocks of no bytes, in bare deflate and in gzip; skipped frames of zstd; members of no bytes.
    let blocks = [0, 0, 0, 0xff, 0xff].repeat(400_000);
    let mut in_gzip = gzip(b"")[..10].to_vec();
    in_gzip.extend(&blocks);
    let frames = [0x50, 0x2a, 0x4d, 0x18, 0, 0, 0, 0].repeat(250_000);
    let members = gzip(b"").repeat(100_000);
    for (coding, nothing) in [
        ("deflate", blocks),
        ("gzip", in_gzip),
        ("zstd", frames),
        ("gzip", members),
    ] {
        let length = nothing.len();
        let (read, turns) = run(unpack(&headers(coding), nothing.into(), length));
        assert!(turns >= length / STEP, "{coding}: {turns} turns, {read:?}");
    }
}

#[test]
fn a_window_beyond_what_a_coding_may_have_is_refused() {
    let far = [noise(1024, 1), vec![0; 20_000_000], noise(1024, 1)].concat();
    let length = far.len();
    for (coding, near, beyond) in [
        ("zstd", zstd(&far, 23), zstd(&far, 24)),
        ("br", brotli(&far, 24, false), brotli(&far, 25, true)),
    ] {
        assert_eq!(unpacked(coding, &near, length).unwrap(), far, "{coding}");
        let told = unpacked(coding, &beyond, length);
        assert!(matches!(told, Err(BodyError::Broken { .. })), "{coding}");
    }
}

fn check(coding: &str, sent: &[u8], what: impl Debug) {
    for most in [0, 1, 100, 5_000] {
        if let Ok(read) = unpacked(coding, sent, most) {
            assert!(read.len() <= most, "{coding} {what:?}");
        }
    }
}

/// No data makes unpacking panic, hang or exceed its bound.
#[test]
fn data_of_any_kind_is_unpacked_or_refused() {
    let rounds = std::env::var("TOLLGATE_SEEDS").map_or(200, |text| text.parse().unwrap());
    let plain = r#"{"name":"Zoë","of":["a","list"]}"#.repeat(20).into_bytes();
    let packings = packings(&plain);
    for seed in 0..rounds {
        for (coding, packed) in &packings {
            let dice = noise(64, seed * 5 + packed.len() as u64);
            let mut sent = packed.clone();
            for pair in dice[8..8 + usize::from(dice[0] % 8) * 2].chunks(2) {
                let place = usize::from(pair[0]) * sent.len() / 256;
                sent[place] = pair[1];
            }
            check(coding, &sent, seed);
            sent.truncate(usize::from(dice[1]) * sent.len() / 256);
            check(coding, &sent, seed);
            let random = noise(usize::from(dice[2]) * 4, seed);
            check(coding, &random, seed);
            let behind_head = [&packed[..packed.len().min(12)], &random].concat();
            check(coding, &behind_head, seed);
        }
    }
}
