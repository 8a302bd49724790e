//! Making objects, or finding them made.

use super::Object;
use crate::ClusterError;
use crate::call::Call;
use crate::cluster::LAYOUT;
use crate::script::{Script, script};

static CREATE: Script = script!("create");

impl Object {
    /// Creates the object with these settings unless it exists, and then makes sure that it has them.
    ///
    /// Creating it twice is the same as once, so that the call needs no record.
    pub(crate) fn create(&self, settings: &[(&str, &str)]) -> Result<(), ClusterError> {
        let pairs = settings.iter().flat_map(|(name, value)| [*name, *value]);
        let call = Call::new(&CREATE, self)
            .keys(["h"])
            .argument(LAYOUT)
            .arguments(pairs);
        let difference = self.cluster().call(call)?.into_array()?;
        let mut difference = difference.into_iter();
        let (Some(setting), Some(theirs)) = (difference.next(), difference.next()) else {
            return Ok(());
        };
        let setting = setting.into_text()?;
        let ours = settings
            .iter()
            .find(|(name, _)| *name == setting)
            .map(|(_, value)| *value);
        Err(ClusterError::Mismatch {
            object: self.to_string(),
            theirs: theirs.into_text()?,
            ours: ours.unwrap_or_default().to_owned(),
            setting,
        })
    }
}
