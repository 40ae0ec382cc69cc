//! The ways out of the file's integrations: which have ones of their own, and what they are.

use crate::StartError;
use tollgate_config::Config;
use tollgate_definitions::{Catalog, CatalogIntegration, Wiring, outlet};
use tollgate_driver::{Driver, Outlet};

/// The way out of an integration's calls; none where that is everybody's.
fn own_outlet(config: &Config, wiring: &Wiring) -> Option<Outlet> {
    if wiring.guard.is_none() && !wiring.access.has_own_connections() {
        return None;
    }
    let common = (&config.extra_roots_pem[..], config.proxy.as_ref());
    Some(outlet(common, &wiring.access, wiring.guard.as_ref()))
}

/// The integrations of files that can be called, and what their calls need.
fn of_files(catalog: &Catalog) -> impl Iterator<Item = (&CatalogIntegration, &Wiring)> {
    let of_files = catalog.integrations().filter(|it| it.stored.is_none());
    of_files.filter_map(|it| Some((it.as_ref(), it.wiring.as_ref().ok()?)))
}

/// Whether the ways out can be opened.
pub(crate) fn check_outlets(config: &Config, catalog: &Catalog) -> Result<(), StartError> {
    for (target, wiring) in of_files(catalog) {
        if let Some(outlet) = own_outlet(config, wiring) {
            let checked = Driver::check_outlet(&config.upstream, &outlet);
            let named = |why: String| StartError::Integration(target.name.clone(), why);
            checked.map_err(|error| named(error.to_string()))?;
        }
    }
    Ok(())
}

/// Opens the ways out of the file's integrations, and closes those that they have no more.
pub(crate) fn open_outlets(
    config: &Config,
    catalog: &Catalog,
    driver: &Driver,
) -> Result<(), StartError> {
    for (target, wiring) in of_files(catalog) {
        let outlet = own_outlet(config, wiring);
        for route in wiring.routes.all() {
            let Some(outlet) = &outlet else {
                driver.forget_outlet(route);
                continue;
            };
            let set = driver.set_outlet((route, None), &config.upstream, outlet);
            let named = |why: String| StartError::Integration(target.name.clone(), why);
            set.map_err(|error| named(error.to_string()))?;
        }
    }
    Ok(())
}
