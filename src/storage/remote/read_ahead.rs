//! A blocking reader over an asynchronous stream that is fetched ahead, so that inflate is not starved.

use std::io::{self, Read};

use anyhow::Result;
use bytes::{Buf, Bytes, BytesMut};
use futures_util::{Stream, StreamExt};
use tokio::sync::mpsc::{Receiver, Sender, channel};

use super::runtime;

/// What the network brings in small pieces is handed over in pieces of this size.
const PIECE_BYTES: usize = 512 * 1024;
/// Pieces that wait for the reader; with the one being filled and the one being read, 4 MB a file.
const PIECES: usize = 6;

/// Reads what a stream brings. Dropped, it ends the stream.
pub(in crate::storage) struct ReadAhead {
    pieces: Receiver<io::Result<Bytes>>,
    current: Bytes,
}

impl ReadAhead {
    /// Begins to fetch. Errors of the stream come to the reader in their place.
    pub(in crate::storage) fn start(stream: impl Stream<Item = io::Result<Bytes>> + Send + 'static) -> Result<Self> {
        let (sender, pieces) = channel(PIECES);
        runtime()?.spawn(fetch(Box::pin(stream), sender));
        Ok(Self { pieces, current: Bytes::new() })
    }
}

async fn fetch(mut stream: impl Stream<Item = io::Result<Bytes>> + Unpin, sender: Sender<io::Result<Bytes>>) {
    let mut piece = BytesMut::new();
    loop {
        match stream.next().await {
            Some(Ok(bytes)) => {
                piece.extend_from_slice(&bytes);
                if piece.len() < PIECE_BYTES {
                    continue;
                }
            }
            end => {
                // Nobody listens any more when a send fails.
                let rest = piece.split().freeze();
                if !rest.is_empty() && sender.send(Ok(rest)).await.is_err() {
                    return;
                }
                if let Some(Err(error)) = end {
                    let _ = sender.send(Err(error)).await;
                }
                return;
            }
        }
        if sender.send(Ok(piece.split().freeze())).await.is_err() {
            return;
        }
    }
}

impl Read for ReadAhead {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        while self.current.is_empty() {
            match self.pieces.blocking_recv() {
                Some(piece) => self.current = piece?,
                None => return Ok(0),
            }
        }
        let taken = into.len().min(self.current.len());
        if let Some(into) = into.get_mut(..taken) {
            self.current.copy_to_slice(into);
        }
        Ok(taken)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures_util::stream;

    #[test]
    fn all_pieces_arrive_in_order_and_the_error_last() {
        let pieces: Vec<_> = (0..5000_u32).map(|number| Ok(Bytes::from(number.to_le_bytes().repeat(300)))).collect();
        let failing = stream::iter(pieces).chain(stream::iter([Err(io::Error::other("torn"))]));
        let mut reader = ReadAhead::start(failing).unwrap();
        let mut all = Vec::new();
        let error = reader.read_to_end(&mut all).unwrap_err();
        assert_eq!(error.to_string(), "torn");
        assert_eq!(all.len(), 5000 * 1200);
        let expected: Vec<_> = (0..5000_u32).flat_map(|number| number.to_le_bytes().repeat(300)).collect();
        assert!(all == expected);
    }

    #[test]
    fn a_dropped_reader_ends_the_stream() {
        let (sender, mut ended) = channel::<()>(1);
        let endless = stream::repeat_with(move || {
            let _kept = &sender;
            Ok(Bytes::from_static(&[7; 4096]))
        });
        let mut reader = ReadAhead::start(endless).unwrap();
        let mut some = [0; 10_000];
        reader.read_exact(&mut some).unwrap();
        drop(reader);
        assert_eq!(ended.blocking_recv(), None);
    }
}
