//! What of a running job on a cluster is worth a line: its name there, where it can be watched, each ten percent.

/// What has been told so far.
#[derive(Clone, Debug, Default)]
pub(super) struct Milestones {
    application: bool,
    tracking: bool,
    tenths: (u8, u8),
}

/// What the client has told so far.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Told<'t> {
    /// `application_…`
    pub application: Option<&'t str>,
    /// Where a browser shows the job.
    pub tracking: Option<&'t str>,
    /// Percents of the map and the reduce side.
    pub progress: (u8, u8),
}

impl Milestones {
    /// Lines about what is new since the last call.
    pub(super) fn news(&mut self, job: &str, told: &Told<'_>) -> Vec<String> {
        let mut news = Vec::new();
        if let Some(application) = told.application.filter(|_| !self.application) {
            self.application = true;
            news.push(format!("{job}: {application} on the cluster"));
        }
        if let Some(url) = told.tracking.filter(|_| !self.tracking) {
            self.tracking = true;
            news.push(format!("{job}: to be watched at {url}"));
        }
        let (map, reduce) = told.progress;
        let tenths = (map / 10, reduce / 10);
        // Percents go back when tasks fail; that is told by their failures.
        if tenths.0 > self.tenths.0 || tenths.1 > self.tenths.1 {
            self.tenths = (tenths.0.max(self.tenths.0), tenths.1.max(self.tenths.1));
            news.push(format!("{job}: map {map} %, reduce {reduce} %"));
        }
        news
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn name_address_and_each_ten_percent_are_told_once() {
        let named = Told { application: Some("application_1_0007"), ..Told::default() };
        let whole = Told { tracking: Some("http://master:8088/proxy/application_1_0007/"), ..named };
        let at = |map, reduce| Told { progress: (map, reduce), ..whole };
        let mut milestones = Milestones::default();
        let told = [Told::default(), named, named, whole, at(0, 0), at(7, 0), at(31, 0), at(28, 0), at(39, 0), at(100, 9), at(100, 100)];
        let news: Vec<_> = told.iter().flat_map(|told| milestones.news("daily", told)).collect();
        let expected = [
            "daily: application_1_0007 on the cluster",
            "daily: to be watched at http://master:8088/proxy/application_1_0007/",
            "daily: map 31 %, reduce 0 %",
            "daily: map 100 %, reduce 9 %",
            "daily: map 100 %, reduce 100 %",
        ];
        assert_eq!(news, expected);
    }
}
