//! A finding as JSON: on its way from the process of a case to the grader, and in the report.

use std::time::Duration;

use serde_json::{Value, json};

use crate::finding::{Exhibit, Finding, Place};
use crate::trace::{Direction, Event, Record, Signal, Trace, What};

/// A finding as it stands in a `test` event.
pub fn finding_to_json(finding: &Finding) -> Value {
    let Finding {
        id,
        observed,
        trace,
        exhibit,
        by_hand,
        why,
        fix,
        read,
        place,
    } = finding;
    json!({
        "exhibit": exhibit.as_ref().map(exhibit_to_json), "by_hand": by_hand,
        "id": id, "observed": observed, "why": why, "fix": fix, "read": read,
        "place": place_to_json(place),
        "trace": trace_to_json(trace),
    })
}

/// A trace as a list of events.
pub fn trace_to_json(trace: &Trace) -> Value {
    trace.events.iter().map(event_to_json).collect()
}

/// The reverse of [`trace_to_json`]; `None` when something is missing.
pub fn trace_from_json(value: &Value) -> Option<Trace> {
    let events = value.as_array()?.iter().map(event_from_json);
    let events = events.collect::<Option<Vec<_>>>()?;
    Some(Trace { events })
}

/// A record, its beginning in seconds since 1970.
pub fn record_to_json(record: &Record) -> Value {
    json!({ "began": record.began.as_secs_f64(), "trace": trace_to_json(&record.trace) })
}

/// The reverse of [`record_to_json`]; `None` when something is missing.
pub fn record_from_json(value: &Value) -> Option<Record> {
    Some(Record {
        began: Duration::try_from_secs_f64(value["began"].as_f64()?).ok()?,
        trace: trace_from_json(&value["trace"])?,
    })
}

/// The reverse of [`finding_to_json`]; `None` when something is missing.
pub fn finding_from_json(value: &Value) -> Option<Finding> {
    let text = |key: &str| value[key].as_str().map(str::to_owned);
    Some(Finding {
        id: text("id")?,
        observed: text("observed")?,
        trace: trace_from_json(&value["trace"])?,
        exhibit: exhibit_from_json(&value["exhibit"]),
        by_hand: text("by_hand"),
        why: text("why")?,
        fix: text("fix")?,
        read: text("read")?,
        place: place_from_json(&value["place"]),
    })
}

fn exhibit_to_json(exhibit: &Exhibit) -> Value {
    let Exhibit {
        title,
        bytes,
        from,
        to,
        remark,
    } = exhibit;
    json!({ "title": title, "bytes": bytes, "from": from, "to": to, "remark": remark })
}

fn exhibit_from_json(value: &Value) -> Option<Exhibit> {
    let text = |key: &str| value[key].as_str().map(str::to_owned);
    let number = |key: &str| usize::try_from(value[key].as_u64()?).ok();
    Some(Exhibit {
        title: text("title")?,
        bytes: bytes_from_json(&value["bytes"])?,
        from: number("from")?,
        to: number("to")?,
        remark: text("remark")?,
    })
}

fn bytes_from_json(value: &Value) -> Option<Vec<u8>> {
    let numbers = value.as_array()?.iter();
    numbers
        .map(|byte| u8::try_from(byte.as_u64()?).ok())
        .collect()
}

/// A place in the submission's source.
pub fn place_to_json(place: &Place) -> Value {
    json!({ "function": place.function, "file": place.file, "line": place.line })
}

/// The reverse of [`place_to_json`].
pub fn place_from_json(value: &Value) -> Place {
    Place {
        function: value["function"].as_str().map(str::to_owned),
        file: value["file"].as_str().unwrap_or_default().to_owned(),
        line: value["line"]
            .as_u64()
            .and_then(|line| u32::try_from(line).ok()),
    }
}

fn event_to_json(event: &Event) -> Value {
    let mut value = match &event.what {
        What::Call { call, gave } => match gave {
            Some((gave, at)) => {
                json!({ "call": call, "gave": gave, "returned": at.as_secs_f64() })
            }
            None => json!({ "call": call, "gave": null }),
        },
        What::Fact { asked, answer } => json!({ "asked": asked, "answer": answer }),
        What::Wire {
            peer,
            direction,
            signal,
        } => {
            let to = match direction {
                Direction::ToSubmission => "submission",
                Direction::ToPeer => "peer",
            };
            let mut value = json!({ "peer": peer, "to": to });
            match signal {
                Signal::Bytes { start, end, count } => {
                    value["signal"] = Value::from("bytes");
                    value["start"] = Value::from(start.as_slice());
                    value["end"] = Value::from(end.as_slice());
                    value["count"] = Value::from(*count);
                }
                Signal::Connected => value["signal"] = Value::from("connected"),
                Signal::Refused => value["signal"] = Value::from("refused"),
                Signal::Fin => value["signal"] = Value::from("fin"),
                Signal::Reset => value["signal"] = Value::from("reset"),
                Signal::Silence => value["signal"] = Value::from("silence"),
            }
            value
        }
    };
    value["at"] = Value::from(event.at.as_secs_f64());
    if let Some(remark) = &event.remark {
        value["remark"] = Value::from(remark.as_str());
    }
    value
}

fn event_from_json(value: &Value) -> Option<Event> {
    let text = |key: &str| value[key].as_str().map(str::to_owned);
    let bytes = |key: &str| bytes_from_json(&value[key]);
    let time = |key: &str| Duration::try_from_secs_f64(value[key].as_f64()?).ok();
    let what = if let Some(call) = text("call") {
        What::Call {
            call,
            gave: text("gave").zip(time("returned")),
        }
    } else if let Some(asked) = text("asked") {
        What::Fact {
            asked,
            answer: text("answer")?,
        }
    } else {
        let signal = match value["signal"].as_str()? {
            "bytes" => Signal::Bytes {
                start: bytes("start")?,
                end: bytes("end")?,
                count: value["count"].as_u64()?,
            },
            "connected" => Signal::Connected,
            "refused" => Signal::Refused,
            "fin" => Signal::Fin,
            "reset" => Signal::Reset,
            "silence" => Signal::Silence,
            _ => return None,
        };
        let direction = match value["to"].as_str()? {
            "submission" => Direction::ToSubmission,
            _ => Direction::ToPeer,
        };
        What::Wire {
            peer: text("peer")?,
            direction,
            signal,
        }
    };
    Some(Event {
        at: time("at")?,
        what,
        remark: text("remark"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::trace::Recorder;

    #[test]
    fn a_finding_survives_the_way_from_child_to_parent() {
        let recorder = Recorder::new();
        let call = recorder.record(What::Call {
            call: "open()".to_owned(),
            gave: None,
        });
        recorder.returned(call, "a socket".to_owned());
        recorder.record(What::Fact {
            asked: "a".to_owned(),
            answer: "b".to_owned(),
        });
        recorder.remark("expected c");
        for signal in [
            Signal::Connected,
            Signal::Refused,
            Signal::Fin,
            Signal::Reset,
            Signal::Silence,
            Signal::bytes(&[0, 255, b'x']),
            Signal::bytes(&[7; 1000]),
        ] {
            recorder.wire("client", Direction::ToPeer, signal.clone());
            recorder.wire("client", Direction::ToSubmission, signal);
        }
        let mut trace = recorder.so_far();
        // A float keeps microseconds, not every nanosecond.
        for event in &mut trace.events {
            event.at = Duration::from_millis(5);
            if let What::Call {
                gave: Some((_, at)),
                ..
            } = &mut event.what
            {
                *at = Duration::from_millis(6);
            }
        }
        let finding = Finding {
            id: "an-id".to_owned(),
            observed: "It \"broke\" \u{1b}.".to_owned(),
            trace,
            exhibit: Some(Exhibit {
                title: "sent".to_owned(),
                bytes: vec![0, 255, b'x'],
                from: 1,
                to: 2,
                remark: "here".to_owned(),
            }),
            by_hand: Some("curl".to_owned()),
            why: "why".to_owned(),
            fix: "fix".to_owned(),
            read: "read".to_owned(),
            place: Place {
                function: Some("f".to_owned()),
                file: "lib.rs".to_owned(),
                line: Some(3),
            },
        };
        assert_eq!(finding_from_json(&finding_to_json(&finding)), Some(finding));
    }
}
