//! Pulls the course runs of all partners into one file of JSON lines (rules 09, 6.1).

use std::cell::RefCell;
use std::collections::HashSet;
use std::io::Write;

use anyhow::{Context, Result, bail};
use serde_json::Value;

use crate::engine::plan::{Work, WorkContext, Worked};
use crate::engine::program::Program;
use crate::say;
use crate::storage::{Location, store_for};
use crate::warehouse::lock::OutputLock;
use crate::web::client::Ask;
use crate::web::origin::on_same_server;
use crate::web::shown::shown;
use crate::web::{Access, AccessSettings, JsonClient, Limits};

/// The member that says to which partner a course run belongs.
pub(crate) const PARTNER: &str = "partner_short_code";

/// A partner and the root of its interface.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Partner {
    /// Its short code.
    pub code: String,
    /// The address before `course_runs/`.
    pub root: String,
}

/// Pulls the catalog of a day.
#[derive(Clone, Debug)]
pub(crate) struct PullStep {
    /// The partners, in order.
    pub partners: Vec<Partner>,
    /// Course runs per page.
    pub page_size: u32,
    /// Who asks; needed only if there are partners.
    pub access: Option<AccessSettings>,
    /// How long is waited.
    pub limits: Limits,
    /// The directory of the day.
    pub directory: Location,
    /// The file in it.
    pub file: Location,
}

impl Work for PullStep {
    fn describe(&self) -> Vec<String> {
        let partners = self.partners.iter().map(|partner| format!("from {} ({})", shown(&partner.root), partner.code));
        partners.chain([format!("to {}", self.file)]).collect()
    }

    fn program(&self) -> Result<Option<Program>> {
        let with_user = self.partners.iter().find(|partner| partner.root.split_once("://").is_some_and(|(_, rest)| rest.contains('@')));
        if let Some(Partner { code, .. }) = with_user {
            bail!(
                "The address of the partner {code} holds a name or a password, which must not stand on a command line. Use [edx-rest-api]."
            );
        }
        let program = Program::new("course-catalog").word("pull").option_place("--destination", &self.file);
        let program = program.option("--page-size", &self.page_size).configured();
        Ok(Some(
            self.partners.iter().fold(program, |program, Partner { code, root }| program.option("--partner", &format!("{code}={root}"))),
        ))
    }

    fn run(&self, context: &WorkContext<'_>) -> Result<Worked> {
        let _lock = OutputLock::acquire(&self.directory, context.run_id, context.task)?;
        let store = store_for(&self.file)?;
        if store.exists(&self.file)? {
            return Ok(Worked::WasThere(format!("{} is there", self.file)));
        }
        store.sweep_pending(&self.directory)?;
        // Invisible until all pages of all partners are in it.
        let mut file = store.create(&self.file)?;
        let mut client = JsonClient::new(self.limits);
        let access = self.access.clone().map(|settings| RefCell::new(Access::new(settings, &mut client)));
        let mut runs = 0_usize;
        for partner in &self.partners {
            let before = runs;
            self.pull(partner, &mut client, access.as_ref(), &mut |run| {
                runs += 1;
                serde_json::to_writer(&mut file, run)?;
                file.write_all(b"\n").with_context(|| format!("Cannot write {}.", self.file))
            })
            .with_context(|| format!("The course catalog of the partner {} cannot be pulled.", partner.code))?;
            say!("    {}: {} course runs", partner.code, runs - before);
        }
        file.commit()?;
        Ok(Worked::Done(format!("{runs} course runs of {} partners", self.partners.len())))
    }
}

impl PullStep {
    fn pull(
        &self,
        partner: &Partner,
        client: &mut JsonClient,
        access: Option<&RefCell<Access>>,
        write: &mut dyn FnMut(&Value) -> Result<()>,
    ) -> Result<()> {
        let query = [("limit", self.page_size.to_string()), ("partner", partner.code.clone()), ("exclude_utm", "1".to_owned())];
        let (mut url, mut query) = (format!("{}/course_runs/", partner.root.trim_end_matches('/')), &query[..]);
        let mut asked = HashSet::new();
        for number in 1_u64.. {
            let header = |client: &mut JsonClient| access.map(|access| access.borrow_mut().header(client)).transpose();
            let page = client.ask_json(Ask::Get(&url, query), header).with_context(|| format!("Page {number} is missing."))?;
            let wrong = |what: &str| format!("Page {number} of {} {what}. Check api_root_url of [course-catalog-api].", shown(&url));
            let Some(results) = page.get("results").and_then(Value::as_array) else { bail!(wrong("has no list called results")) };
            for run in results {
                let Value::Object(run) = run else { bail!(wrong("has a result that is no object")) };
                let mut run = run.clone();
                run.insert(PARTNER.to_owned(), Value::String(partner.code.clone()));
                write(&Value::Object(run))?;
            }
            let next = match page.get("next") {
                None | Some(Value::Null) => return Ok(()),
                Some(Value::String(next)) => on_same_server(&partner.root, next).with_context(|| wrong("has a next page elsewhere"))?,
                Some(_) => bail!(wrong("has a member next that is no address")),
            };
            if !asked.insert(next.clone()) {
                bail!(wrong("leads back to a page that was pulled already"));
            }
            (url, query) = (next, &[]);
        }
        Ok(())
    }
}
