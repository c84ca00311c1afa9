// Both sides of the protocol against each other: what one sends, the other understands.
#include "dualcam/session/camera_session.hpp"

#include "session/conversation.hpp"

namespace dualcam::camera_session_test {
namespace {

const std::string init_of_42 = "00000005"
                               "000000000000002a";

/// What the camera sends when it hears this, as hex.
std::string answer_to(CameraSession& camera, std::string_view hex) {
  const auto bytes = from_hex(hex);
  camera.received(bytes);
  std::string sent;
  while (auto action = camera.poll()) {
    if (const auto* send = std::get_if<CameraSend>(&*action)) {
      sent += to_hex(send->bytes);
    }
  }
  return sent;
}

} // namespace

TEST_CASE("sessions: all four kinds arrive in one connection and are forgotten by the device") {
  for (const auto& dialect : dialects()) {
    const FourFiles four(dialect);
    Conversation conversation(dialect.camera(), four.files);
    conversation.run();
    four.check_all_arrived(conversation.host);
    CHECK(conversation.taken() == std::vector<std::size_t>{0, 1, 2, 3});
    CHECK(conversation.ended()->by_server);
    CHECK(conversation.asked().front() ==
          (dialect.by_path() ? "PATH REQUEST" : "METADATA REQUEST photof"));
    CHECK(conversation.asked().back() == "CLOSE");
  }
}

TEST_CASE("camera: a file by path is sent when it is asked for as the camera takes it, no other, "
          "and so is its metadata") {
  const auto content = random_bytes(100, 1);
  const std::vector<CameraFile> files{
      {*FileRef::of_path("mdas9/video/251021/094657.mp4"), content, random_bytes(13, 2)}};
  const auto& file = files[0].file;
  struct Case {
    PathForm form;
    bool whole; ///< whether that is understood
    bool first7;
  };
  for (const auto& [form, whole, first7] : {Case{PathForm::either, true, true},
                                            {PathForm::whole, true, false},
                                            {PathForm::first7, false, true}}) {
    for (const auto& [request, is_meant] :
         {std::pair<std::string, bool>{std::string(file.request()), whole},
          {std::string(*file.short_request()), first7},
          {"mdas9/video/251021/094658.mp4", false},
          {"dsm/vid", false},
          {"mdas9/", false}}) {
      CameraConfig config{.imei = 42};
      config.path_form = form;
      CameraSession camera(config, files);
      (void)answer_to(camera, "");
      const auto metadata = answer_to(camera, to_hex(encode(MetadataRequest{request})));
      const auto answer = answer_to(camera, to_hex(encode(FileRequest{request})));
      CAPTURE(request, metadata, answer);
      CHECK(metadata.starts_with(is_meant ? "000b" : "0005"));
      CHECK(answer.starts_with(is_meant ? "0001" : "0005"));
    }
  }
}

TEST_CASE("sessions: both CRC habits and both numbers of the first SYNC are understood") {
  for (const auto& dialect : dialects()) {
    const FourFiles four(dialect);
    for (const auto habit : {CrcAfterSync::zero, CrcAfterSync::chain}) {
      for (const std::uint32_t first_sync : {0U, 1U}) {
        auto camera = dialect.camera();
        camera.crc_after_sync = habit;
        camera.first_sync = first_sync;
        Conversation conversation(camera, four.files);
        int count = 0;
        conversation.line = [&](ByteBuffer& bytes, std::uint32_t packet) {
          if (packet != 0 && ++count % 3 == 0) {
            bytes[bytes.size() / 2] ^= std::byte{0x10};
          }
        };
        conversation.run();
        four.check_all_arrived(conversation.host);
      }
    }
  }
}

TEST_CASE("sessions: files arrive whole over a line that flips, drops and adds bytes") {
  std::mt19937 random(7);
  for (std::size_t round = 0; round < 400; ++round) {
    const FourFiles four(dialects()[round % dialects().size()]);
    Conversation conversation(four.dialect.camera(), four.files);
    conversation.line = [&](ByteBuffer& bytes, std::uint32_t packet) {
      if (packet == 0 || random() % 8 != 0) {
        return;
      }
      const auto at = static_cast<std::ptrdiff_t>(random() % bytes.size());
      switch (random() % 3) {
      case 0:
        bytes[static_cast<std::size_t>(at)] ^= static_cast<std::byte>(1 + random() % 255);
        break;
      case 1:
        bytes.erase(bytes.begin() + at, bytes.end() - static_cast<std::ptrdiff_t>(random()) %
                                                          (bytes.end() - bytes.begin() - at));
        break;
      default:
        bytes.insert(bytes.begin() + at, 1 + random() % 600, std::byte{0xAA});
      }
    };
    conversation.run();
    four.check_all_arrived(conversation.host);
  }
}

TEST_CASE("sessions: several files of one kind come in their order") {
  const std::vector<ByteBuffer> contents{random_bytes(10, 1), random_bytes(20, 2),
                                         random_bytes(30, 3)};
  for (const auto& dialect : dialects()) {
    std::vector<CameraFile> files;
    for (const auto& content : contents) {
      files.push_back({dialect.file(), content, {}});
    }
    Conversation conversation(dialect.camera(), files);
    conversation.run();
    REQUIRE(conversation.host.files().size() == 3);
    for (std::size_t i = 0; i < 3; ++i) {
      CHECK(conversation.host.files()[i].content == contents[i]);
    }
  }
}

TEST_CASE("camera: a file is declined by asking for the next, and offered again") {
  const FourFiles four;
  CameraSession camera({.imei = 42}, four.files);
  CHECK(answer_to(camera, "") == init_of_42 + "7c000400");
  CHECK(answer_to(camera, "0008 0007 2570686f746f66") == "00010006000000010000"); // photof
  CHECK(answer_to(camera, "0008 0007 25766964656f66") == "00010006000000050000"); // videof
  CHECK(answer_to(camera, "0002 0004 00000005")
            .starts_with("0003000400000005"
                         "0004038a"));
  CHECK(answer_to(camera, "0009") == init_of_42 + "6c000400"); // all but the front video
}

TEST_CASE("camera: any packet can be the first of a connection, with both CRC habits") {
  const FourFiles four;
  const auto& content = four.contents[2]; // 4 packets and 904 bytes
  for (std::uint32_t packet = 1; packet <= 5; ++packet) {
    const auto before = std::size_t{packet - 1} * full_packet;
    for (const auto habit : {CrcAfterSync::zero, CrcAfterSync::chain}) {
      CameraSession camera({.imei = 42, .crc_after_sync = habit}, four.files);
      auto crc =
          habit == CrcAfterSync::zero ? std::uint16_t{0} : crc16(Bytes(content).first(before));
      auto expected = to_hex(encode(Start{5})) + to_hex(encode(Sync{packet}));
      for (auto at = before; at < content.size(); at += full_packet) {
        const auto payload = Bytes(content).subspan(at, std::min(full_packet, content.size() - at));
        crc = crc16(payload, crc);
        expected += to_hex(encode(Data{payload, crc}));
      }
      answer_to(camera, "");
      const auto request = "0008 0007 25766964656f66" + to_hex(encode(Resume{packet}));
      CHECK(answer_to(camera, request) == expected);
    }
  }
}

TEST_CASE("camera: SYNC goes back further than asked, to the beginning at most") {
  const FourFiles four;
  const std::vector<CameraFile> by_path{{*FileRef::of_path("dsm/a"), four.contents[2], {}}};
  const auto sync = [](const std::string& sent) { return sent.substr(0, 16); };
  CameraSession camera({.imei = 42, .sync_back = 2}, four.files);
  answer_to(camera, "0008 0007 25766964656f66");
  CHECK(sync(answer_to(camera, "0002 0004 00000005")) == "0003000400000003");
  CHECK(sync(answer_to(camera, "0002 0004 00000003")) == "0003000400000001");
  CHECK(sync(answer_to(camera, "0002 0004 00000002")) == "0003000400000001");
  CHECK(sync(answer_to(camera, "0002 0004 00000000")) == "0003000400000001");
  CameraSession other({.imei = 42, .sync_back = 2, .packet_size = 100}, by_path);
  answer_to(other, "0008 0005 64736d2f61");
  CHECK(sync(answer_to(other, "0002 0004 00000fa1")) == "0003000400000ed9"); // 200 bytes before
  CHECK(sync(answer_to(other, "0002 0004 000000c7")) == "0003000400000000");
}

TEST_CASE("sessions: files arrive from a camera that goes back further and ends with a STATUS") {
  for (const auto& dialect : dialects()) {
    const FourFiles four(dialect);
    for (const std::uint32_t back : {1U, 3U, 100U}) {
      for (const std::uint32_t status : {0U, 1U, 99U}) {
        if (status != 0 && !dialect.by_path()) {
          continue; // it would refuse the kind that is asked for next
        }
        auto camera = dialect.camera();
        camera.sync_back = back;
        camera.end_status = status;
        Conversation conversation(camera, four.files);
        int count = 0;
        conversation.line = [&](ByteBuffer& bytes, std::uint32_t packet) {
          const bool is_full = bytes.size() > dialect.packet; // no file's last one
          if (is_full && packet > 1 && packet < 5 && ++count % 4 == 0) {
            bytes[bytes.size() / 2] ^= std::byte{0x10};
          }
        };
        conversation.run();
        CAPTURE(dialect.name, back, status, conversation.host.events());
        four.check_all_arrived(conversation.host);
      }
    }
  }
}

TEST_CASE("camera: asked to go on at the end of a file it says that nothing is there, and stays") {
  const auto content = random_bytes(2 * full_packet, 1);
  const std::vector<CameraFile> kind{{FileKind::front_photo, content, {}}};
  CameraSession camera({.imei = 42}, kind);
  answer_to(camera, "0008 0007 2570686f746f66 0002 0004 00000001");
  CHECK(answer_to(camera, "0002 0004 00000003") == "0005000400000006");
  CHECK(answer_to(camera, "0002 0004 00000002").starts_with("0003000400000002"));
  CHECK(answer_to(camera, "0009") == init_of_42 + "40000400"); // it was taken
  const std::vector<CameraFile> path{{*FileRef::of_path("dsm/a"), content, {}}};
  CameraSession other({.imei = 42}, path);
  answer_to(other, "0008 0005 64736d2f61 0002 0004 00000000");
  CHECK(answer_to(other, "0002 0004 00000800") == "0005000400000006");
  CHECK(answer_to(other, "0009") == init_of_42 + "40000400");
}

TEST_CASE("camera: each packet says how often it was asked for, or passed on the way back") {
  const FourFiles four;
  const std::uint32_t back = GENERATE(0U, 2U);
  CameraSession camera({.imei = 42, .sync_back = back}, four.files);
  answer_to(camera, "0008 0007 25766964656f66");
  const auto asked = [&](const char* request) {
    const auto bytes = from_hex(request);
    camera.received(bytes);
    std::vector<std::pair<std::uint32_t, std::uint32_t>> packets;
    while (auto action = camera.poll()) {
      if (const auto* send = std::get_if<CameraSend>(&*action);
          send != nullptr && send->packet != 0) {
        CHECK(send->file == 2);
        packets.emplace_back(send->packet, send->asked);
      }
    }
    return packets;
  };
  using Packets = std::vector<std::pair<std::uint32_t, std::uint32_t>>;
  if (back != 0) {
    CHECK(asked("0002 0004 00000004") == Packets{{2, 1}, {3, 1}, {4, 1}, {5, 0}});
    CHECK(asked("0002 0004 00000005") == Packets{{3, 2}, {4, 2}, {5, 1}});
    return;
  }
  CHECK(asked("0002 0004 00000003") == Packets{{3, 1}, {4, 0}, {5, 0}});
  CHECK(asked("0002 0004 00000005") == Packets{{5, 1}});
  CHECK(asked("0002 0004 00000003") == Packets{{3, 2}, {4, 0}, {5, 1}});
}

TEST_CASE("camera: a server that breaks the protocol gets the status for it") {
  const auto content = random_bytes(full_packet, 1);
  const std::vector<CameraFile> files{{FileKind::front_photo, content, {}}};
  const auto answer = [&](const char* hex) {
    CameraSession camera({.imei = 42}, files);
    const auto bytes = from_hex(hex);
    camera.received(bytes);
    std::string last;
    while (auto action = camera.poll()) {
      if (const auto* send = std::get_if<CameraSend>(&*action)) {
        last = to_hex(send->bytes);
      }
    }
    return last;
  };
  CHECK(answer("0008 0007 25766964656f66") == "0005000400000011"); // not there
  CHECK(answer("000a 0007 25766964656f66") == "0005000400000011");
  CHECK(answer("0002 0004 00000001") == "0005000400000006"); // nothing to resume
  CHECK(answer("0008 0007 2570686f746f66 0002 0004 00000002") == "0005000400000006");
  CHECK(answer("0004 0002 0000") == "0005000400000015"); // not a server's command
}

} // namespace dualcam::camera_session_test
