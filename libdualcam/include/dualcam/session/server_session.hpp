/// \file
/// Our side of one connection with a camera, without I/O: bytes and time go in, actions come out.
///
///     device INIT -> [PATH REQUEST -> PATH] -> [METADATA REQUEST -> METADATA] -> FILE REQUEST
///     -> START -> RESUME n -> SYNC n -> DATA ... -> next kind ... -> REPEAT INIT -> INIT ...
///     -> CLOSE or STATUS 0
///
/// Facts: dualcam-protocol(7). The host (dcam-serve, a test, a fuzzer) loops:
///
///     while (auto action = session.poll()) perform(*action);
///     wait for bytes, the end of the stream or session.deadline(); then
///     session.received(...), session.disconnected() or session.tick(...)
///
/// Some actions are questions. After one of these `poll` gives nothing more until the host has
/// called the answer named beside it; the camera waits meanwhile, so a file is never called done
/// early. Only `disconnected` and `finish` may come before the answer: then the session is over,
/// and answers are ignored. An answer that is not due otherwise is the host's mistake:
/// std::logic_error.
///
/// A session holds a bounded number of bytes whatever a device sends: the framer's buffers (at most
/// three commands, of 4 KiB at most; one may be a PATH of 64 KiB, where paths are asked for), a
/// METADATA payload, a path, the numbers of 1000 unwanted ones at most, what the host gave (the
/// overlap and the tails of `begin` until they are compared, the paths of `accept`), marks of the
/// last 64 packets, and the actions of one command.
///
/// Not thread-safe: one thread at a time.
#pragma once

#include <algorithm>
#include <bitset>
#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <variant>
#include <vector>

#include "dualcam/files/file_kind.hpp"
#include "dualcam/files/file_ref.hpp"
#include "dualcam/files/resume_point.hpp"
#include "dualcam/files/wishes.hpp"
#include "dualcam/session/deadlines.hpp"
#include "dualcam/session/file_receiver.hpp"
#include "dualcam/session/oddity.hpp"
#include "dualcam/session/offers.hpp"
#include "dualcam/session/request_form.hpp"
#include "dualcam/wire/bytes.hpp"
#include "dualcam/wire/framer.hpp"
#include "dualcam/wire/message.hpp"

namespace dualcam {

/// What a session is to fetch, and how long it waits: 0 or more; Milliseconds::max() is for ever.
struct ServerConfig {
  Wishes wanted = FileKinds::all(); ///< others are left alone; Wishes::all() has files by path, too
  bool metadata = true;             ///< ask for it before each file

  Milliseconds idle{60'000}; ///< without progress in this time the connection is given up

  /// Old firmware does not know METADATA REQUEST [doc]; with the line's delays it has come after
  /// 4.6 s [seen].
  Milliseconds metadata_wait{10'000};
  Milliseconds path_wait{10'000};        ///< for PATH, and START in answer to a path
  Milliseconds again_wait{1'000};        ///< for another START behind one that was refused or 0
  Milliseconds more_wait{1'000};         ///< for a packet behind one that may be the last
  Milliseconds uncounted_wait{1'000};    ///< for the last byte of a METADATA that is one too short
  Milliseconds sync_wait{2'000};         ///< between two RESUMEs
  Milliseconds quiet{10'000};            ///< silence in mid-file after which RESUME is sent
  Milliseconds repeat_init_wait{10'000}; ///< for the INIT that answers REPEAT INIT
  Milliseconds step_wait{5'000};         ///< for START, SYNC and DATA: then the device is overdue
  unsigned attempts = 8; ///< RESUMEs and returning SYNCs without a new packet before giving up
};

/// How a device is asked, if earlier connections have taught that.
struct Manner {
  bool by_first_bytes = false;   ///< for a file by path, before the whole path
  bool without_metadata = false; ///< though ServerConfig says otherwise
};

/// Write these bytes to the device.
struct Send {
  ByteBuffer bytes; ///< one command
};

/// A camera said who it is. Question: `accept` or `reject`.
struct Identified {
  Init init; ///< what it said
};

/// What the camera knows of the file being offered or fetched; may come late, and again with a byte
/// more. `payload` is valid until the next `poll`; see metadata.hpp.
struct MetadataReceived {
  FileRef file;  ///< which
  Bytes payload; ///< as it came: it may not be decodable
};

/// A wanted file is there. Of files by path one is offered at a time. Question: `fetch` or `skip`.
struct FileOffered {
  FileRef file; ///< which
};

/// The device opened the file. The number is no more than its word: allocate nothing from it.
/// May come again before the first FileData, also behind `skip`: the last number counts. Question:
/// `begin` or `skip`.
struct FileStarted {
  FileRef file;            ///< which
  std::uint32_t announced; ///< by START: packets, of a file by path bytes (Geometry); not 0
};

/// The camera's bytes are not those of ResumePoint::overlap, or its file none of
/// ResumePoint::known: it offers another file now. Question: `begin`, from the start or with what
/// else that file may be, or `skip`.
struct FileReplaced {
  FileRef file;            ///< which
  std::uint32_t announced; ///< as FileStarted has it
};

/// The next verified bytes, in order and without repeats or the overlap; 0 of them in some devices'
/// last packet. `payload` is valid until the next `received` and no longer than the bytes given to
/// the last one, whatever happens in between.
struct FileData {
  std::uint32_t number; ///< of these, as RESUME would ask for them: a packet or a byte
  std::uint64_t offset; ///< bytes from the start of the file
  Bytes payload;        ///< the packet
};

/// Every packet has been handed over. Question: `stored`, once the file is durable: devices drop
/// what the server has taken.
struct FileCompleted {
  FileRef file;                     ///< which
  std::uint64_t bytes;              ///< in all, those of earlier connections included
  std::uint16_t crc;                ///< CRC-16/KERMIT of the whole file
  std::optional<std::size_t> known; ///< nothing was handed over: it is this of ResumePoint::known
};

/// The device has gone on to its next INIT: it will not offer again what was stored before.
struct Acknowledged {};

/// The device reported an error instead of the file's next bytes.
struct FileRefused {
  FileRef file;         ///< which
  std::uint32_t status; ///< see `status_meaning`
};

/// RESUME was sent in mid-file.
struct Resumed {
  /// Why it was sent.
  enum class Reason {
    bad_crc,     ///< a packet's CRC does not fit the chain
    bad_framing, ///< bytes that are no command
    out_of_step, ///< another packet, size or command than the one due
    silence,     ///< nothing came for ServerConfig::quiet
    no_sync,     ///< no SYNC came for ServerConfig::sync_wait
  };
  Reason reason;        ///< why
  std::uint32_t number; ///< the packet or byte asked for
};

/// Something worth a line for people; not a reason to do anything.
struct Note {
  std::string text; ///< a sentence
  bool notable;     ///< it explains what the user gets; a device can cause any number of the others
};

/// The session is over: send what is left, hang up.
struct Ended {
  /// Why.
  enum class Reason {
    finished,    ///< nothing wanted is left, or the host said so
    unanswered,  ///< no INIT answered REPEAT INIT, or the peer closed the connection then: what is
                 ///< wanted of the last INIT is stored, nobody knows whether there is more
    rejected,    ///< by the host
    stranger,    ///< not a camera
    unsupported, ///< what the camera still offers cannot be fetched: a file by path that it does
                 ///< not give out, or nothing but unknown bits
    lost,        ///< the peer closed or reset the connection
    idle,        ///< no progress
    bad_line,    ///< too many RESUMEs in vain
    violation,   ///< bytes that are no command where one was due
  };
  Reason reason;    ///< why
  std::string text; ///< a sentence
  /// Of a stranger that said it: a tracker's tracking connection.
  std::optional<std::uint64_t> imei{};
};

/// What `poll` hands out.
using Action =
    std::variant<Send, Identified, MetadataReceived, FileOffered, FileStarted, FileReplaced,
                 FileData, FileCompleted, Acknowledged, FileRefused, Resumed, Note, Ended>;

/// One connection with a device.
class ServerSession {
public:
  /// The device speaks first.
  ServerSession(const ServerConfig& config, TimePoint now);

  /// What the device sent, in pieces of any size. Everything received before must have been polled
  /// away, and no question be open: std::logic_error where something would be lost. `bytes` must
  /// stay valid until `poll` has returned nullopt while no question is open, and as long as
  /// payloads are looked at. Nothing is taken after the end.
  void received(Bytes bytes, TimePoint now);

  /// The device's stream has ended, for whatever reason. What was received and not polled is lost.
  void disconnected();

  /// Time has passed; called at or after `deadline`. At any other time it does nothing.
  void tick(TimePoint now);

  /// The next thing to do, nullopt when the session waits for bytes, time or an answer.
  std::optional<Action> poll();

  /// When `tick` is due at the latest: never in the past unless it is. TimePoint::max() while a
  /// question is open, and after the end.
  TimePoint deadline() const { return deadlines_.next(); }

  /// When the device last did what was due: INIT, METADATA, START, SYNC, good DATA. Answers count
  /// as well, so that the time the host took for them is not the device's.
  TimePoint stepped_at() const { return std::max(progress_at_, synced_at_); }

  /// When the device will owe the next step, and another connection of the same camera may rightly
  /// take over. TimePoint::max() while the host owes an answer.
  TimePoint overdue_at() const;

  // Answers.
  /// To Identified.
  void accept(TimePoint now, AskedLast last = {}, const Manner& manner = {});
  /// To Identified: hangs up; `why` is the text of Ended.
  void reject(std::string_view why);
  /// To FileOffered: asks for it.
  void fetch(TimePoint now);
  /// To FileOffered, FileStarted and FileReplaced: leaves it alone for the session. Of files by
  /// path the device tells which one is next: others may be had if its next INIT brings them.
  void skip(TimePoint now);
  /// To FileStarted and FileReplaced. std::logic_error if `from` does not lie in the file.
  void begin(TimePoint now, const ResumePoint& from = {});
  /// To FileCompleted: the device may forget the file.
  void stored(TimePoint now);

  /// Nothing more is wanted: takes leave of the device at once, whatever the state. In answer to
  /// FileCompleted: the file is stored. Actions that were not polled yet come first; no answer to
  /// them is heard. After the end it does nothing.
  void finish();

  /// Whether Ended was handed out or is about to be.
  bool ended() const { return state_ == State::ended; }

  /// What the device owes when the connection ends: it may be what it hangs up over.
  enum class Owes {
    nothing,  ///< but INIT
    path,     ///< which file it has
    metadata, ///< that of `asked_for`
    start,    ///< of `asked_for`, its first sign
    packets,  ///< of `asked_for`
  };
  /// Also after the end, as it was then.
  Owes owes() const { return owes_; }
  /// The file that the device was asked about or for.
  const FileRef& asked_for() const { return current_; }
  /// The files of AskedLast::in_vain that were passed over, and no other one has come up since.
  const std::set<FileRef>& passed_over() const { return offers_.passed_over(); }

  /// How the device counts the file begun last; of one by path known with its first FileData. To go
  /// on with that one later, ResumePoint::in_packets has to say whether it counts packets.
  const Geometry& geometry() const { return file_.geometry(); }
  /// As FileReceiver::compared, of the file begun last; also after the end.
  FileReceiver::Position compared() const { return file_.compared(); }

private:
  enum class State {
    awaiting_init,
    identifying, // question
    awaiting_path,
    awaiting_metadata,
    completing_metadata, // it is one byte too short
    offering,            // question
    awaiting_start,
    starting, // question
    awaiting_sync,
    receiving,
    storing, // question
    awaiting_repeated_init,
    ended,
  };

  bool waits_for_answer() const;
  bool answers(State question, TimePoint now);
  bool advance();
  bool admits();
  void on_bad_framing(const Error& error);
  void on_bad_command(const Error& error);
  void on_message(const Message& message);
  void on_status(const Status& status);
  void on_sync(const Sync& sync);
  void on_init(const Init& init);
  void on_repeated_init(const Message& message);
  void ask_for_path();
  void on_path_stage(const Message& message);
  void without_path(std::string_view why);
  void ask_about(FileRef file);
  void ask_for_metadata();
  void without_metadata(std::string_view why);
  void request_file();
  bool may_ask_otherwise();
  void on_metadata_stage(const Message& message);
  bool complete_metadata(bool waited = false);
  std::optional<bool> uncounted_byte_follows();
  void take_uncounted_byte();
  bool is_too_much_metadata();
  bool drop_metadata();
  void report_metadata(Bytes payload);
  void on_start_stage(const Message& message);
  void start_is_late();
  void is_empty();
  void limit_packets();
  void on_start_again(const Start& again);
  void on_receiving(const Message& message);
  void on_packet(const FileReceiver::Packet& packet);
  void not_opened(std::uint32_t status);
  void broken_off(std::uint32_t status);
  void no_sync();
  bool ends_the_file_before(const Status& status);
  void late(const Message& message);

  void next_file();
  void nothing_left(Ended::Reason reason);
  void left(Ended::Reason reason);
  void offer();
  void leave_alone();
  void refused(std::uint32_t status);
  void go_on();
  void ask();
  void search_sync();
  void resume(Resumed::Reason reason);
  void start(std::uint32_t announced);
  void replaced();
  void give_up_file(std::string why);
  void await_packet();
  void complete_file();

  void send(const Message& message);
  void note(std::string text, bool notable = true);
  void odd(Oddity what, std::string text);
  void progress();
  void await(Timer step, Milliseconds wait);
  void ask_host(State question);
  void take_leave();
  void end(Ended::Reason reason, std::string text);

  static constexpr std::size_t longest_unasked_path = 255; ///< it has no use for our memory

  ServerConfig config_;
  State state_ = State::awaiting_init;
  TimePoint now_;
  TimePoint progress_at_;
  TimePoint synced_at_;
  Deadlines deadlines_;         ///< none runs while a question is open, nor after the end
  std::vector<Action> actions_; ///< one or two
  Framer framer_{Sender::device};
  std::size_t most_payload_ = 0; ///< of a DATA, so that a damaged length is noticed
  ByteBuffer opening_;           ///< the first bytes, until they tell who is there

  std::uint64_t imei_ = 0;
  std::uint16_t protocol_ = 0;
  Offers offers_;
  RequestForm form_;
  bool asks_metadata_;
  std::bitset<static_cast<std::size_t>(Oddity::last) + 1> told_;

  // The file being fetched.
  Owes owes_ = Owes::nothing;
  FileRef current_ = FileKind::front_photo;
  ByteBuffer metadata_;         ///< as far as it was reported
  bool metadata_open_ = false;  ///< a byte of it may follow that its length did not count
  std::size_t too_much_ = 0;    ///< bytes of one that is too long, which have yet to come
  std::uint32_t announced_ = 0; ///< as START said
  FileReceiver file_;
  /// Why it will be left, unless another START comes.
  enum class Leaving { no, empty, unwanted, refused } leaving_ = Leaving::no;
  std::uint32_t refusal_ = 0; ///< a STATUS that may have been sent before the device heard us
  bool after_file_ = false;   ///< a STATUS may still come that ends the file before this one
  bool begun_ = false;        ///< by the host
  bool synchronised_ = false; ///< a SYNC has come since START
};

/// For logs and JSON: "bad CRC", ...
std::string_view text_of(Resumed::Reason reason);

} // namespace dualcam
