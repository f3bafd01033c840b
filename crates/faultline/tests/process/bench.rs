//! Tests of `faultline bench`. They check counts, not speeds, which depend on the machine.

use serde_json::{Value, json};

use crate::running::{Running, faultline};

fn bench(arguments: &[&str]) -> Result<Value, String> {
    let output = faultline(&[&["bench", "--json", "--connections", "2"], arguments].concat()).output().unwrap();
    match output.status.success() {
        true => Ok(serde_json::from_slice(&output.stdout).unwrap()),
        false => Err(String::from_utf8(output.stderr).unwrap()),
    }
}

/// Every accepted event is stored and counted, for every workload and form, and no files remain.
#[tokio::test]
async fn all_events_are_accepted_and_stored() {
    let dir = tempfile::tempdir().unwrap();
    for (workload, form, pace) in [
        ("like", "envelope", &["--errors", "3"][..]),
        ("mixed", "v1", &["--errors", "3"]),
        ("different", "store", &["--rate", "5000"]),
    ] {
        let here = ["--dir", dir.path().to_str().unwrap(), "--events", "60", "--workload", workload, "--form", form];
        let report = bench(&[&here, pace].concat()).unwrap();
        assert_eq!((&report["accepted"], &report["stored"]), (&json!(60), &json!(60)), "{report}");
        assert_eq!((&report["refused"], &report["failed"]), (&json!({}), &json!({})), "{report}");
        assert_eq!((&report["load"]["workload"], &report["load"]["form"]), (&json!(workload), &json!(form)));
        for figure in ["acceptedPerSecond", "storedPerSecond", "fileBytesPerEvent"] {
            assert!(report[figure].as_f64().unwrap() > 0.0, "{figure}: {report}");
        }
        // Small batches are stored in the table.
        assert!(report["segmentBytesPerEvent"].as_f64().unwrap() >= 0.0, "{report}");
        let answered = &report["answeredIn"];
        assert!(
            answered["p50"].as_f64() <= answered["p999"].as_f64() && answered["p50"].as_f64() > Some(0.0),
            "{report}"
        );
    }
    assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 0, "its directories are removed");
}

/// Any server can be measured by its DSN, with the requests that SDKs send and no others.
#[tokio::test]
async fn another_server_is_measured_by_its_dsn() {
    let dir = tempfile::tempdir().unwrap();
    let running = Running::start(dir.path());
    let dsn = running.ready["dsn"].as_str().unwrap();
    let report = bench(&["--dsn", dsn, "--events", "40", "--errors", "1"]).unwrap();
    assert_eq!((&report["accepted"], &report["stored"]), (&json!(40), &Value::Null), "{report}");
    assert_eq!(report["cpuMicrosPerEvent"], Value::Null, "{report}");
    assert_eq!(running.wait_for_total(40).await, 40);

    let wrong = dsn.replacen("//", "//0", 1);
    assert!(bench(&["--dsn", &wrong, "--events", "3"]).unwrap_err().contains("nothing was accepted"));
}

/// Load is sent to this machine only.
#[test]
fn other_machines_get_no_load() {
    for dsn in ["http://key@192.0.2.1:80/1", "http://key@errors.example.com/1"] {
        let said = bench(&["--dsn", dsn]).unwrap_err();
        assert!(said.contains("is not this machine") && said.contains("127.0.0.1"), "{said}");
    }
    assert!(bench(&["--dsn", "http://key@127.0.0.1/1", "--form", "v1"]).unwrap_err().contains("envelope"));
    assert!(bench(&["--dsn", "http://key@127.0.0.1/1", "--pid", "4000000"]).unwrap_err().contains("4000000"));
    assert!(bench(&["--bytes", "10"]).unwrap_err().contains("at least"));
    assert!(bench(&["--events", "2000000"]).unwrap_err().contains("1000000"), "bounded");
}
