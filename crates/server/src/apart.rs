//! TEMPORARY: futures of the store that are not `Send` run on a thread of their own.

pub(crate) async fn apart<T, F, W>(make: F) -> Option<T>
where
    T: Send + 'static,
    W: Future<Output = T>,
    F: FnOnce() -> W + Send + 'static,
{
    tokio::task::spawn_blocking(move || tokio::runtime::Handle::current().block_on(make()))
        .await
        .ok()
}
