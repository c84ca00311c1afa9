// Which numbers packets have whose numbers nobody stated.
#include "capture/settle_numbers.hpp"

#include "testing.hpp"

namespace dualcam {
namespace {

using enum DumpNumbering;
using enum DumpVerdict;
using Numbers = std::vector<std::uint32_t>;

/// A packet; equal contents are equal letters.
struct Row {
  std::uint32_t number;
  char content;
  DumpNumbering numbering = stated;
  DumpVerdict verdict = good;
};

CapturedTransfer settled(const std::vector<Row>& rows,
                         std::optional<std::uint32_t> announced = std::nullopt) {
  CapturedTransfer transfer;
  transfer.announced = announced;
  for (const auto& row : rows) {
    CapturedPacket packet{};
    packet.number = row.number;
    packet.content = static_cast<unsigned char>(row.content);
    packet.size = 1024;
    packet.numbering = row.numbering;
    packet.verdict = row.verdict;
    transfer.packets.push_back(packet);
  }
  settle_numbers(transfer);
  return transfer;
}

Numbers numbers(const CapturedTransfer& transfer) {
  Numbers numbers;
  for (const auto& packet : transfer.packets) {
    numbers.push_back(packet.number);
  }
  return numbers;
}

} // namespace

TEST_CASE("numbers: a run is where most of its packets came again with stated numbers") {
  for (const auto& [rows, expected] :
       {std::pair(std::vector<Row>{{5, 'e'}, {6, 'f'}, {1, 'e', inferred}, {2, 'f', inferred}},
                  Numbers{5, 6, 5, 6}),
        {{{5, 'e'}, {6, 'f'}, {9, 'e', unknown}, {10, 'f', unknown}}, {5, 6, 5, 6}},
        // one against two, one against one: those who say that nothing is wrong win
        {{{5, 'a'}, {2, 'b'}, {3, 'c'}, {1, 'a', inferred}, {2, 'b', inferred}, {3, 'c', inferred}},
         {5, 2, 3, 1, 2, 3}},
        {{{5, 'a'}, {2, 'b'}, {1, 'a', inferred}, {2, 'b', inferred}}, {5, 2, 1, 2}},
        // a damaged one has no say, but goes with the others
        {{{5, 'e'}, {6, 'f'}, {1, 'e', inferred}, {2, 'x', inferred, bad}, {3, 'y', inferred}},
         {5, 6, 5, 6, 7}},
        {{{5, 'e', stated, bad}, {1, 'e', inferred}}, {5, 1}},
        // nothing came again
        {{{5, 'e'}, {1, 'a', inferred}}, {5, 1}},
        // stated ones stay
        {{{5, 'e'}, {1, 'e'}}, {5, 1}}}) {
    CAPTURE(expected);
    CHECK(numbers(settled(rows)) == expected);
  }
  const auto changed = settled({{5, 'e'}, {1, 'e', inferred}});
  CHECK(changed.packets[1].numbering == inferred);
  CHECK(changed.corrections == std::vector<std::string>{"packets came again with stated numbers"});
  CHECK(settled({{5, 'e'}, {5, 'e', inferred}}).corrections.empty());
}

TEST_CASE("numbers: a run ends behind a cut packet, at a jump and at a stated number") {
  for (const auto& [rows, expected] :
       {std::pair(std::vector<Row>{{5, 'e'}, {1, 'e', inferred, cut}, {2, 'b', inferred}},
                  Numbers{5, 1, 2}),
        {{{5, 'e'}, {1, 'e', inferred}, {2, 'b', inferred, cut}, {3, 'c', inferred}}, {5, 5, 6, 3}},
        {{{5, 'e'}, {1, 'e', inferred}, {3, 'c', inferred}}, {5, 5, 3}},
        {{{5, 'e'}, {1, 'e', inferred}, {2, 'b'}}, {5, 5, 2}},
        {{{5, 'e'}, {1, 'e', unknown}, {2, 'b', inferred}}, {5, 5, 6}}}) {
    CAPTURE(expected);
    CHECK(numbers(settled(rows)) == expected);
  }
}

TEST_CASE("numbers: what is beyond START's number is moved down, if it fits") {
  const std::vector<Row> run{{4, 'a', inferred}, {5, 'b', inferred}, {6, 'c', inferred}};
  for (const auto& [announced, expected] : {std::pair(2U, Numbers{4, 5, 6}),
                                            {3U, Numbers{1, 2, 3}},
                                            {5U, Numbers{3, 4, 5}},
                                            {6U, Numbers{4, 5, 6}},
                                            {7U, Numbers{4, 5, 6}}}) {
    CAPTURE(announced);
    CHECK(numbers(settled(run, announced)) == expected);
  }
  CHECK(numbers(settled(run)) == Numbers{4, 5, 6});
  CHECK(settled(run, 5).corrections ==
        std::vector<std::string>{"there are no more packets than START says"});
}

TEST_CASE("numbers: what comes often tells nothing") {
  for (const std::size_t times : {16U, 17U}) {
    std::vector<Row> rows;
    for (std::uint32_t i = 0; i < times; ++i) {
      rows.push_back({5 + 10 * i, 'e'});
    }
    rows.push_back({1, 'e', inferred});
    CHECK((numbers(settled(rows)).back() != 1) == (times == 16));
  }
}

} // namespace dualcam
