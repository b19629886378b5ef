//! The streams service with appends. Invariant: reads are served by the very code of the door.

use std::{pin::Pin, sync::Arc};

use sijil_grpc::{
    Audience, Reading, Responses,
    protocol::{
        event_store::client::{
            AllStreamPosition, Empty, StreamIdentifier, Uuid as WireId,
            streams::{
                AppendReq, AppendResp, BatchAppendReq, BatchAppendResp, DeleteReq, DeleteResp,
                ReadReq, TombstoneReq, TombstoneResp,
                append_req::{self, Content, options::ExpectedStreamRevision},
                append_resp::{self, WrongExpectedVersion, success, wrong_expected_version},
                batch_append_req::{self, options::ExpectedStreamPosition},
                batch_append_resp, delete_resp,
                streams_server::Streams,
                tombstone_resp,
            },
            uuid::{Structured, Value},
        },
        google::rpc,
    },
};
use tokio::sync::mpsc;
use tokio_stream::{Stream, StreamExt, wrappers::ReceiverStream};
use tonic::{Request, Response, Status, Streaming, metadata::MetadataValue};
use uuid::Uuid;

use crate::memory::{Expected, Landed, Memory, Proposed, Refused};

pub(crate) struct Store {
    pub(crate) memory: Arc<Memory>,
    pub(crate) reading: Reading<Memory>,
}

/// Whoever asks may read.
struct Anybody;

impl Audience for Anybody {}

type Answers = Pin<Box<dyn Stream<Item = Result<BatchAppendResp, Status>> + Send>>;

fn name(stream: Option<StreamIdentifier>) -> Result<String, Status> {
    let stream = stream.ok_or_else(|| Status::invalid_argument("expected the name of a stream"))?;
    String::from_utf8(stream.stream_name.to_vec())
        .map_err(|_| Status::invalid_argument("expected the name of a stream in UTF-8"))
}

fn id(wire: Option<WireId>) -> Result<Uuid, Status> {
    match wire.and_then(|id| id.value) {
        Some(Value::String(text)) => text
            .parse()
            .map_err(|_| Status::invalid_argument(format!("expected an id, got {text}"))),
        Some(Value::Structured(Structured {
            most_significant_bits: most,
            least_significant_bits: least,
        })) => Ok(Uuid::from_u64_pair(most.cast_unsigned(), least.cast_unsigned())),
        None => Err(Status::invalid_argument("expected an id, got none")),
    }
}

fn proposed(
    id_: Option<WireId>,
    metadata: &std::collections::HashMap<String, String>,
    around: &[u8],
    data: &[u8],
) -> Result<Proposed, Status> {
    let event_type =
        metadata.get("type").cloned().ok_or_else(|| Status::invalid_argument("expected a type"))?;
    let is_json = metadata.get("content-type").is_some_and(|kind| kind == "application/json");
    Ok(Proposed {
        id: id(id_)?,
        event_type,
        is_json,
        metadata: around.to_vec(),
        data: data.to_vec(),
    })
}

fn refused(refused: &Refused) -> Status {
    let (mut status, exception) = match refused {
        Refused::TooLarge { limit } => (
            Status::invalid_argument(format!("Maximum Append Size of {limit} Exceeded.")),
            "maximum-append-size-exceeded",
        ),
        Refused::Deleted => {
            (Status::failed_precondition("Event stream is deleted."), "stream-deleted")
        }
        Refused::WrongRevision { current } => (
            Status::failed_precondition(format!("wrong expected version, current is {current:?}")),
            "wrong-expected-version",
        ),
    };
    status.metadata_mut().insert("exception", MetadataValue::from_static(exception));
    status
}

fn unary(
    outcome: Result<Landed, Refused>,
    expected: Option<ExpectedStreamRevision>,
) -> Result<AppendResp, Status> {
    let result = match outcome {
        Ok(Landed { revision, position }) => append_resp::Result::Success(append_resp::Success {
            current_revision_option: Some(success_revision(revision)),
            position_option: Some(success::PositionOption::Position(append_resp::Position {
                commit_position: position,
                prepare_position: position,
            })),
        }),
        Err(Refused::WrongRevision { current }) => {
            append_resp::Result::WrongExpectedVersion(wrong(current, expected))
        }
        Err(other) => return Err(refused(&other)),
    };
    Ok(AppendResp { result: Some(result) })
}

fn success_revision(revision: u64) -> success::CurrentRevisionOption {
    success::CurrentRevisionOption::CurrentRevision(revision)
}

fn wrong(current: Option<u64>, expected: Option<ExpectedStreamRevision>) -> WrongExpectedVersion {
    use wrong_expected_version::{
        CurrentRevisionOption as Current, ExpectedRevisionOption as Said,
    };
    let current = current.map_or(Current::CurrentNoStream(Empty {}), Current::CurrentRevision);
    let said = match expected {
        Some(ExpectedStreamRevision::Revision(revision)) => Said::ExpectedRevision(revision),
        Some(ExpectedStreamRevision::NoStream(_)) => Said::ExpectedNoStream(Empty {}),
        Some(ExpectedStreamRevision::StreamExists(_)) => Said::ExpectedStreamExists(Empty {}),
        Some(ExpectedStreamRevision::Any(_)) | None => Said::ExpectedAny(Empty {}),
    };
    WrongExpectedVersion {
        current_revision_option: Some(current),
        expected_revision_option: Some(said),
        ..WrongExpectedVersion::default()
    }
}

/// The parts of an append that came so far.
#[derive(Default)]
struct Gathered(Vec<Proposed>);

impl Store {
    fn batch(
        &self,
        request: BatchAppendReq,
        gathered: &mut Gathered,
    ) -> Result<Option<BatchAppendResp>, Status> {
        let BatchAppendReq { correlation_id, options, proposed_messages, is_final } = request;
        for batch_append_req::ProposedMessage { id, metadata, custom_metadata, data } in
            proposed_messages
        {
            gathered.0.push(proposed(id, &metadata, &custom_metadata, &data)?);
        }
        if !is_final {
            return Ok(None);
        }
        let options = options.ok_or_else(|| Status::invalid_argument("expected options"))?;
        let stream = name(options.stream_identifier.clone())?;
        let expected = match options.expected_stream_position {
            Some(ExpectedStreamPosition::StreamPosition(revision)) => Expected::At(revision),
            Some(ExpectedStreamPosition::NoStream(())) => Expected::NoStream,
            Some(ExpectedStreamPosition::StreamExists(())) => Expected::Exists,
            Some(ExpectedStreamPosition::Any(())) | None => Expected::Any,
        };
        let result = match self.memory.append(&stream, expected, std::mem::take(&mut gathered.0)) {
            Ok(Landed { revision, position }) => {
                batch_append_resp::Result::Success(batch_append_resp::Success {
                    current_revision_option: Some(
                        batch_append_resp::success::CurrentRevisionOption::CurrentRevision(
                            revision,
                        ),
                    ),
                    position_option: Some(batch_append_resp::success::PositionOption::Position(
                        AllStreamPosition { commit_position: position, prepare_position: position },
                    )),
                })
            }
            // As the real server: the current revision stands in the details alone, where the
            // client does not look.
            Err(why) => {
                let status = refused(&why);
                batch_append_resp::Result::Error(rpc::Status {
                    code: status.code() as i32,
                    message: status.message().to_owned(),
                    details: None,
                })
            }
        };
        if self.memory.loses_this_answer() {
            return Err(Status::unavailable("the answer is lost"));
        }
        Ok(Some(BatchAppendResp {
            correlation_id,
            result: Some(result),
            stream_identifier: options.stream_identifier,
            expected_stream_position: None,
        }))
    }
}

#[tonic::async_trait]
impl Streams for Store {
    type ReadStream = Responses;
    type BatchAppendStream = Answers;

    async fn read(&self, request: Request<ReadReq>) -> Result<Response<Responses>, Status> {
        self.reading.read(request.into_inner(), Arc::new(Anybody)).await
    }

    async fn append(
        &self,
        request: Request<Streaming<AppendReq>>,
    ) -> Result<Response<AppendResp>, Status> {
        let mut messages = request.into_inner();
        let Some(AppendReq { content: Some(Content::Options(options)) }) =
            messages.message().await?
        else {
            return Err(Status::invalid_argument("expected options first"));
        };
        let mut events = Vec::new();
        while let Some(message) = messages.message().await? {
            if let Some(Content::ProposedMessage(append_req::ProposedMessage {
                id,
                metadata,
                custom_metadata,
                data,
            })) = message.content
            {
                events.push(proposed(id, &metadata, &custom_metadata, &data)?);
            }
        }
        let stream = name(options.stream_identifier)?;
        let expected = match options.expected_stream_revision {
            Some(ExpectedStreamRevision::Revision(revision)) => Expected::At(revision),
            Some(ExpectedStreamRevision::NoStream(_)) => Expected::NoStream,
            Some(ExpectedStreamRevision::StreamExists(_)) => Expected::Exists,
            Some(ExpectedStreamRevision::Any(_)) | None => Expected::Any,
        };
        unary(self.memory.append(&stream, expected, events), options.expected_stream_revision)
            .map(Response::new)
    }

    async fn batch_append(
        &self,
        request: Request<Streaming<BatchAppendReq>>,
    ) -> Result<Response<Answers>, Status> {
        let mut messages = request.into_inner();
        let store = Store { memory: self.memory.clone(), reading: self.reading.clone() };
        let (sender, receiver) = mpsc::channel(16);
        tokio::spawn(async move {
            let mut gathered = Gathered::default();
            while let Some(Ok(message)) = messages.next().await {
                let Some(answer) = store.batch(message, &mut gathered).transpose() else {
                    continue;
                };
                let ended = answer.is_err();
                if sender.send(answer).await.is_err() || ended {
                    return;
                }
            }
        });
        Ok(Response::new(Box::pin(ReceiverStream::new(receiver))))
    }

    async fn delete(&self, request: Request<DeleteReq>) -> Result<Response<DeleteResp>, Status> {
        let stream =
            name(request.into_inner().options.and_then(|options| options.stream_identifier))?;
        let position = self.memory.delete(&stream, false);
        let position =
            delete_resp::Position { commit_position: position, prepare_position: position };
        Ok(Response::new(DeleteResp {
            position_option: Some(delete_resp::PositionOption::Position(position)),
        }))
    }

    async fn tombstone(
        &self,
        request: Request<TombstoneReq>,
    ) -> Result<Response<TombstoneResp>, Status> {
        let stream =
            name(request.into_inner().options.and_then(|options| options.stream_identifier))?;
        let position = self.memory.delete(&stream, true);
        let position =
            tombstone_resp::Position { commit_position: position, prepare_position: position };
        Ok(Response::new(TombstoneResp {
            position_option: Some(tombstone_resp::PositionOption::Position(position)),
        }))
    }
}
