//! Who types the commands of the page: a directory in place of the machine, a database server and an alias of their own.

use std::fs;
use std::process::{Command, Output};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use chrono::{Days, NaiveDate, Utc};

use crate::search_engine::{Engine, Kind};
use crate::site::servers::MariaDb;
use crate::site::{Site, mmdb, programs, said};

/// An operator of a site with nine days of logs and an LMS database.
pub(crate) struct Operator {
    pub site: Site,
    pub engine: Arc<Engine>,
    pub alias: String,
    /// The first day of the logs; the last one is yesterday.
    pub first_day: NaiveDate,
    server: MariaDb,
}

impl Operator {
    /// With the account of the servers' administrator in `.my.cnf`, and nothing configured.
    pub(crate) fn on_an_empty_machine() -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        // The page makes and drops databases and accounts by their names.
        let (site, server, engine) = (Site::new(), MariaDb::own(&[]), Engine::shared(Kind::OpenSearch));
        for directory in ["etc", "var"] {
            fs::create_dir(site.path(directory)).unwrap();
        }
        let account = format!("host={}\nport={}\nuser={}\npassword={}", server.host, server.port, server.user, server.password);
        site.write(".my.cnf", format!("[client]\nprotocol=tcp\n{account}\n"));
        let networks = vec![("0.0.0.0/1", mmdb::country("FR", "France")), ("128.0.0.0/1", mmdb::country("US", "United States"))];
        site.write("var/GeoLite2-Country.mmdb", mmdb::Database { networks, ..mmdb::Database::default() }.bytes());
        let first_day = Utc::now().date_naive() - Days::new(9);
        let alias = format!("roster_guide_{}_{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
        let operator = Self { site, engine, alias, first_day, server };
        let interval = format!("{first_day}..{}", first_day + Days::new(9));
        let options = ["--events", "2000", "--users", "60", "--courses", "3", "--out", "logs", "--sql", "lms.sql"];
        operator.site.run(&[&["generate", "--interval", &interval], &options[..]].concat());
        operator.types("mariadb -e 'CREATE DATABASE edxapp CHARACTER SET utf8mb4' && mariadb edxapp <lms.sql");
        operator
    }

    /// A command of the page with the places of this machine.
    pub(crate) fn placed(&self, text: &str) -> String {
        let (etc, var, logs) = (self.site.place("etc"), self.site.place("var"), self.site.place("logs"));
        text.replace("/etc/insights", &etc)
            .replace("/var/lib/insights", &var)
            .replace("/var/log/tracking", &logs)
            .replace("2024-01-01", &self.first_day.to_string())
            .replace("\"3306\"", &format!("\"{}\"", self.server.port))
            .replace("aliases/roster?", &format!("aliases/{}?", self.alias))
            .replace("index_updates", &self.updates())
            .replace("http://127.0.0.1:9200", self.engine.url.trim_end_matches('/'))
    }

    /// What comes of commands, typed into a shell that ends at the first one that fails.
    pub(crate) fn tries(&self, commands: &str) -> Output {
        let path = format!("{}:{}", programs().display(), std::env::var("PATH").unwrap());
        let mut shell = Command::new("bash");
        shell.args(["-euc", &self.placed(commands)]).current_dir(self.site.folder.path());
        shell.env("PATH", path).env("HOME", self.site.folder.path()).env_remove("LUIGI_CONFIG_PATH");
        // The engine is everybody's: the alias of the page could be that of another test.
        shell.env("INSIGHTS_MODULE_ENGAGEMENT_ALIAS", &self.alias).env("INSIGHTS_ELASTICSEARCH_MARKER_INDEX", self.updates());
        shell.output().unwrap()
    }

    /// The index of updates.
    fn updates(&self) -> String {
        format!("updates_{}", self.alias)
    }

    /// Types commands, which must succeed, and gives what they said.
    pub(crate) fn types(&self, commands: &str) -> String {
        let output = self.tries(commands);
        assert!(output.status.success(), "{commands}\n{}", said(&output));
        said(&output)
    }

    /// Types commands, which must end with this code, and gives what they said.
    pub(crate) fn fails(&self, code: i32, commands: &str) -> String {
        let output = self.tries(commands);
        assert_eq!(output.status.code(), Some(code), "{commands}\n{}", said(&output));
        said(&output)
    }

    /// What `insights` says with the configuration of the page, and must succeed.
    pub(crate) fn insights(&self, words: &str) -> String {
        self.types(&format!("insights --config /etc/insights/override.cfg {words}"))
    }

    /// The name of the log file of a day.
    pub(crate) fn log(day: NaiveDate) -> String {
        format!("logs/tracking.log-{}", day.format("%Y%m%d"))
    }
}
