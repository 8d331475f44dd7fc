//! Export: the log as the static files of C2SP tlog-tiles, and events as JSON lines.
//!
//! Every file is written under another name, flushed and then renamed, the checkpoint last: an export that was cut short
//! is an older export, not a broken one. Full tiles never change, so exporting again writes only what is new.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::Write;
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::Path;

use covenant_ledger::tiles;
use sqlx::SqliteConnection;

use crate::error::{At as _, Error};
use crate::head::{signed, unsigned};
use crate::record::EventFilter;
use crate::show::Search;
use crate::store::Store;
use crate::tree::{TILE_WIDTH, read_tile};

impl Store {
    /// Writes tiles, entry bundles, the log's verifier key (`vkey`) and the checkpoint into a directory, which is made
    /// when it is missing. Returns how many entries the checkpoint covers. The entries stay sealed.
    ///
    /// # Errors
    /// [`Error::File`] when the directory cannot be written, [`Error::Damaged`] when the log cannot be read.
    pub async fn export(&self, directory: &Path) -> Result<u64, Error> {
        let mut snapshot = self.shared.readers.begin().await?;
        let query = sqlx::query_as("SELECT size, note FROM head");
        let (size, note): (i64, String) = query.fetch_one(&mut *snapshot).await?;
        let size = unsigned(size, "head size")?;
        for tile in tiles::tiles(size) {
            let path = directory.join(tile.path());
            if tile.level == 0 {
                export_bundle(&mut snapshot, directory, tile.index, tile.width).await?;
            }
            if tile.width == tiles::FULL_WIDTH && path.exists() {
                continue;
            }
            let hashes = read_tile(&mut snapshot, tile.level, tile.index, size).await?;
            write_file(&path, &hashes.concat())?;
        }
        write_file(
            &directory.join("vkey"),
            format!("{}\n", self.log_vkey()).as_bytes(),
        )?;
        write_file(&directory.join("checkpoint"), note.as_bytes())?;
        Ok(size)
    }

    /// Writes the events that the filter lets through, one JSON object a line: `{"index": 0, "event": {…}}`. Returns
    /// how many.
    ///
    /// # Errors
    /// [`Error::File`] when `out` fails, [`Error::Ledger`] when an event cannot be opened.
    pub async fn export_jsonl(
        &self,
        filter: &EventFilter,
        out: &mut (dyn Write + Send),
    ) -> Result<u64, Error> {
        let mut snapshot = self.shared.readers.begin().await?;
        let mut search = Search::of(&mut snapshot, filter).await?;
        let mut written = 0;
        loop {
            let rows = search.next(&mut snapshot).await?;
            if rows.is_empty() || written >= filter.limit as u64 {
                out.flush().at(|| "writing events".into())?;
                return Ok(written);
            }
            for (index, leaf) in rows {
                let event = self.shared.open_leaf(&mut snapshot, &leaf).await?;
                if search.lets_through(&event) && written < filter.limit as u64 {
                    let line = serde_json::json!({ "index": index, "event": event });
                    writeln!(out, "{line}").at(|| "writing events".into())?;
                    written += 1;
                }
            }
        }
    }
}

async fn export_bundle(
    connection: &mut SqliteConnection,
    directory: &Path,
    index: u64,
    width: u16,
) -> Result<(), Error> {
    let path = directory.join(tiles::entries_path(index, width));
    if width == tiles::FULL_WIDTH && path.exists() {
        return Ok(());
    }
    let first = index * TILE_WIDTH;
    let query = "SELECT leaf FROM events WHERE idx >= ? AND idx < ? ORDER BY idx";
    let query = sqlx::query_scalar(query)
        .bind(signed(first))
        .bind(signed(first + u64::from(width)));
    let leaves: Vec<Vec<u8>> = query.fetch_all(connection).await?;
    if leaves.len() != usize::from(width) {
        return Err(Error::Damaged(format!(
            "events are missing between {first} and {}",
            first + u64::from(width)
        )));
    }
    write_file(
        &path,
        &tiles::encode_bundle(&leaves).at(|| format!("entry bundle {index}"))?,
    )
}

/// Writes a file under another name, flushes it and gives it its name.
fn write_file(path: &Path, content: &[u8]) -> Result<(), Error> {
    let what = || {
        format!(
            "exporting {}",
            path.file_name().unwrap_or_default().to_string_lossy()
        )
    };
    let directory = path.parent().unwrap_or(Path::new("."));
    DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(directory)
        .at(what)?;
    let temporary = path.with_extension("new");
    let mut file = OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o600)
        .open(&temporary)
        .at(what)?;
    file.write_all(content)
        .and_then(|()| file.sync_all())
        .at(what)?;
    fs::rename(&temporary, path).at(what)?;
    File::open(directory)
        .and_then(|directory| directory.sync_all())
        .at(what)
}
