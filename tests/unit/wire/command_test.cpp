#include "dualcam/wire/command.hpp"

#include <set>

#include "testing.hpp"

namespace dualcam::command_test {

TEST_CASE("command: every row is found by each of its senders, and by its own id alone") {
  std::size_t found = 0;
  for (const auto sender : {Sender::device, Sender::server}) {
    for (unsigned id = 0; id <= 0xFFFF; ++id) {
      const auto* command = find_command(sender, static_cast<std::uint16_t>(id));
      if (command != nullptr) {
        ++found;
        CHECK(static_cast<unsigned>(command->id) == id);
        CHECK(command->is_sent_by(sender));
      }
    }
  }
  CHECK(found == commands.size() + 1); // STATUS has two senders
}

TEST_CASE("command: id 0 is INIT from the device and CLOSE from the server") {
  CHECK(find_command(Sender::device, 0)->name == "INIT");
  CHECK(find_command(Sender::server, 0)->name == "CLOSE");
  CHECK(find_command(Sender::device, 5) == find_command(Sender::server, 5));
}

TEST_CASE("command: what has one size has it from its row, id and length included") {
  CHECK(start_size == 10);
  CHECK(sync_size == 8);
  CHECK(status_size == 8);
  CHECK(least_wire_size(CommandId::init_or_close) == init_size); // a device's: without a length
}

TEST_CASE("command: rows differ in name, and none allows more than its length field can say") {
  std::set<std::string_view> names;
  for (const auto& command : commands) {
    CAPTURE(command.name);
    CHECK(names.insert(command.name).second);
    CHECK(command.least <= command.most);
    CHECK(command.most <= 0xFFFF);
    CHECK((command.length == Length::told || command.least == command.most));
    CHECK(command.allows(command.least));
    CHECK(command.allows(command.most));
    CHECK_FALSE(command.allows(command.most + 1));
  }
}

TEST_CASE("command: INIT and REPEAT INIT alone have no length") {
  for (const auto& command : commands) {
    CAPTURE(command.name);
    const bool lacks_it = command.name == "INIT" || command.name == "REPEAT INIT";
    CHECK(command.header_size() == (lacks_it ? 2 : 4));
  }
}

} // namespace dualcam::command_test
