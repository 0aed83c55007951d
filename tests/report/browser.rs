//! A real browser, driven by `WebDriver`.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tempfile::TempDir;
use thirtyfour::{CapabilitiesHelper, ChromiumLikeCapabilities, DesiredCapabilities, WebDriver};
use tokio::runtime::{Builder, Runtime};

/// The longest that a page may take on a busy machine.
const PATIENCE: Duration = Duration::from_mins(1);

/// How often a driver may find no port.
const ATTEMPTS: usize = 20;

/// A browser of a test's own, which ends with it.
pub(crate) struct Browser {
    runtime: Runtime,
    driver: Option<WebDriver>,
    process: Child,
    _profile: TempDir,
    pub downloads: TempDir,
}

impl Browser {
    pub(crate) fn start() -> Self {
        // The WebDriver's client wants one even where nothing is encrypted.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let (process, port) = listening_driver();
        let (profile, downloads) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let mut capabilities = DesiredCapabilities::chrome();
        let data = format!("--user-data-dir={}", profile.path().display());
        let switches = [
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-dev-shm-usage",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
            "--no-first-run",
            "--window-size=1280,900",
            &data,
        ];
        for switch in switches {
            capabilities.add_arg(switch).unwrap();
        }
        capabilities.set("goog:loggingPrefs", json!({ "browser": "ALL", "performance": "ALL" })).unwrap();
        let runtime = Builder::new_current_thread().enable_all().build().unwrap();
        let driver = runtime.block_on(WebDriver::new(format!("http://127.0.0.1:{port}"), capabilities)).unwrap();
        let browser = Self { runtime, driver: Some(driver), process, _profile: profile, downloads };
        let folder = browser.downloads.path().to_str().unwrap();
        browser.devtools("Browser.setDownloadBehavior", json!({ "behavior": "allow", "downloadPath": folder }));
        // The browser's own first page asked for files of its own.
        browser.requests();
        browser
    }

    fn driver(&self) -> &WebDriver {
        self.driver.as_ref().unwrap()
    }

    /// A command of the browser's own protocol.
    pub(crate) fn devtools(&self, method: &str, parameters: Value) -> Value {
        self.runtime.block_on(self.driver().cdp().send_raw(method, parameters)).unwrap()
    }

    /// Opens a file.
    pub(crate) fn goto(&self, page: &Path) {
        self.runtime.block_on(self.driver().goto(format!("file://{}", page.display()))).unwrap();
    }

    /// Opens a file, until its script has run.
    pub(crate) fn open(&self, page: &Path) {
        self.goto(page);
        self.wait("document.documentElement.dataset.ready === 'yes'");
    }

    /// What a script returns.
    pub(crate) fn run(&self, script: &str) -> Value {
        let result = self.runtime.block_on(self.driver().execute(script, Vec::new()));
        result.unwrap_or_else(|error| panic!("{script}: {error}")).json().clone()
    }

    /// What a promise gives.
    pub(crate) fn promised(&self, promise: &str) -> Value {
        let script = format!("const done = arguments[0]; ({promise}).then(done, (error) => done(String(error)))");
        self.runtime.block_on(self.driver().execute_async(&script, Vec::new())).unwrap().json().clone()
    }

    /// Until a condition of the page holds.
    pub(crate) fn wait(&self, condition: &str) {
        let until = Instant::now() + PATIENCE;
        while self.run(&format!("return Boolean({condition})")) != json!(true) {
            assert!(Instant::now() < until, "Never true: {condition}");
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// Types into whatever has the focus.
    pub(crate) fn keys(&self, keys: &str) {
        self.runtime.block_on(self.driver().action_chain().send_keys(keys).perform()).unwrap();
    }

    /// Draws all charts, as before printing.
    pub(crate) fn draw_all(&self) {
        self.run("dispatchEvent(new Event('beforeprint'))");
        self.wait("[...document.querySelectorAll('[data-chart], [data-trend]')].every((place) => place.dataset.drawn)");
    }

    /// Messages of the page that are worse than notices.
    pub(crate) fn complaints(&self) -> Vec<String> {
        let log = self.runtime.block_on(self.driver().get_log("browser")).unwrap();
        log.into_iter().filter(|entry| entry.level != "INFO" && entry.level != "DEBUG").map(|entry| entry.message).collect()
    }

    /// Addresses that were asked for since the last call.
    pub(crate) fn requests(&self) -> Vec<String> {
        let log = self.runtime.block_on(self.driver().get_log("performance")).unwrap();
        let messages = log.iter().map(|entry| serde_json::from_str::<Value>(&entry.message).unwrap());
        let requests = messages.filter(|message| message["message"]["method"] == "Network.requestWillBeSent");
        requests.map(|message| message["message"]["params"]["request"]["url"].as_str().unwrap().to_owned()).collect()
    }

    /// A window of this size; `media` is `screen` or `print`, `scheme` is `light` or `dark`.
    pub(crate) fn look(&self, width: u32, media: &str, scheme: &str) {
        self.devtools(
            "Emulation.setDeviceMetricsOverride",
            json!({ "width": width, "height": 900, "deviceScaleFactor": 1, "mobile": width < 600 }),
        );
        let features =
            json!([{ "name": "prefers-color-scheme", "value": scheme }, { "name": "prefers-reduced-motion", "value": "reduce" }]);
        self.devtools("Emulation.setEmulatedMedia", json!({ "media": media, "features": features }));
    }

    /// Keeps a picture of the page, or of an element of it, where `REPORT_SCREENSHOTS` names a folder.
    pub(crate) fn picture(&self, name: &str, element: Option<&str>) {
        let Some(folder) = std::env::var_os("REPORT_SCREENSHOTS").map(PathBuf::from) else {
            return;
        };
        std::fs::create_dir_all(&folder).unwrap();
        let mut parameters = json!({ "format": "png", "captureBeyondViewport": true });
        if let Some(selector) = element {
            let script = format!(
                "const box = document.querySelector({selector:?}).getBoundingClientRect(); \
                 return {{ x: box.x + scrollX, y: box.y + scrollY, width: box.width, height: box.height, scale: 1 }}"
            );
            parameters["clip"] = self.run(&script);
        }
        let image = self.devtools("Page.captureScreenshot", parameters);
        let bytes = base64::Engine::decode(&base64::engine::general_purpose::STANDARD, image["data"].as_str().unwrap()).unwrap();
        std::fs::write(folder.join(format!("{name}.png")), bytes).unwrap();
    }

    /// The text of the next file that is downloaded.
    pub(crate) fn downloaded(&self, name: &str) -> String {
        let file = self.downloads.path().join(name);
        let until = Instant::now() + PATIENCE;
        // An empty file holds the name until the download is whole.
        while !file.metadata().is_ok_and(|found| found.len() > 0) {
            assert!(Instant::now() < until, "{name} never came");
            std::thread::sleep(Duration::from_millis(20));
        }
        std::fs::read_to_string(file).unwrap()
    }
}

/// A driver and its port. It takes a free port of IPv4 and then the same one of IPv6; where that one is taken, it ends.
fn listening_driver() -> (Child, String) {
    let mut said = Vec::new();
    for _ in 0..ATTEMPTS {
        let mut process = Command::new("chromedriver")
            .arg("--port=0")
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("There is no chromedriver; tests/run.sh installs what the tests need.");
        let mut lines = BufReader::new(process.stdout.take().unwrap()).lines().map(Result::unwrap);
        for line in lines.by_ref() {
            if let Some(port) = line.split("successfully on port ").nth(1) {
                let port = port.trim_end_matches('.').to_owned();
                // What it says later must not fill the pipe.
                std::thread::spawn(move || lines.for_each(drop));
                return (process, port);
            }
            said.push(line);
        }
        process.wait().unwrap();
    }
    panic!("The browser's driver does not listen: {said:#?}");
}

impl Drop for Browser {
    fn drop(&mut self) {
        if let Some(driver) = self.driver.take() {
            let _ = self.runtime.block_on(driver.quit());
        }
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
