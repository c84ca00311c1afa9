#include "session/wire_cases.hpp"

#include <fstream>
#include <map>
#include <sstream>
#include <stdexcept>

#include "testing.hpp"

namespace dualcam {
namespace {

constexpr std::string_view name_characters = "abcdefghijklmnopqrstuvwxyz0123456789_";

std::string trimmed(std::string_view text) {
  const auto first = text.find_first_not_of(' ');
  return first == text.npos
             ? std::string()
             : std::string(text.substr(first, text.find_last_not_of(' ') + 1 - first));
}

std::vector<std::string> split(std::string_view text, char separator) {
  std::vector<std::string> parts;
  for (std::size_t start = 0; start <= text.size();) {
    const auto end = std::min(text.find(separator, start), text.size());
    parts.push_back(trimmed(text.substr(start, end - start)));
    start = end + 1;
  }
  return parts;
}

/// 61*3 becomes 616161.
std::string repeated(std::string text) {
  for (auto star = text.find('*'); star != text.npos; star = text.find('*', star)) {
    std::size_t digits = 0;
    const auto count = std::stoul(text.substr(star + 1), &digits);
    const auto byte = text.substr(star - 2, 2);
    std::string bytes;
    for (std::size_t i = 0; i < count; ++i) {
      bytes += byte;
    }
    text.replace(star - 2, 3 + digits, bytes);
  }
  return text;
}

class CaseReader {
public:
  void read_line(std::string_view line) {
    if (line.empty() || line.starts_with('#')) {
      return;
    }
    if (line.starts_with("let ")) {
      const auto [name, value] = definition(line.substr(4));
      names_[name] = value;
    } else if (line.starts_with("state ")) {
      const auto [head, before] = definition(line.substr(6));
      auto parts = split(head, ',');
      parts.resize(3);
      states_[parts[0]] = {parts[1], parts[2], before};
    } else {
      read_case(split(line, '|'));
    }
  }

  std::vector<WireCase> cases;

private:
  struct State {
    std::string number;
    std::string options;
    std::string before;
  };

  static std::pair<std::string, std::string> definition(std::string_view text) {
    const auto equals = text.find('=');
    if (equals == text.npos) {
      throw std::runtime_error("no '=' in it");
    }
    return {trimmed(text.substr(0, equals)), trimmed(text.substr(equals + 1))};
  }

  void read_case(const std::vector<std::string>& columns) {
    if (columns.size() != 4) {
      throw std::runtime_error("not four columns");
    }
    for (const auto& state_name : split(substituted(columns[0]), ' ')) {
      const auto& state = states_.at(state_name);
      names_["n"] = state.number;
      cases.push_back({state_name + ": " + columns[1], state.options, substituted(state.before),
                       substituted(columns[2]), canonical(substituted(columns[3]))});
    }
  }

  std::string substituted(std::string text) const {
    for (auto at = text.find('$'); at != text.npos; at = text.find('$')) {
      const auto end = std::min(text.find_first_not_of(name_characters, at + 1), text.size());
      text.replace(at, end - at, names_.at(text.substr(at + 1, end - at - 1)));
    }
    return repeated(text);
  }

  std::map<std::string, std::string> names_;
  std::map<std::string, State> states_;
};

} // namespace

std::vector<WireCase> read_wire_cases(const std::string& path) {
  std::ifstream file(path);
  CaseReader reader;
  std::string line;
  for (int number = 1; std::getline(file, line); ++number) {
    try {
      reader.read_line(line);
    } catch (const std::exception& error) {
      throw std::runtime_error(path + " line " + std::to_string(number) + ": " + error.what());
    }
  }
  return reader.cases;
}

std::vector<WireStep> wire_steps(std::string_view text) {
  std::vector<WireStep> steps(1);
  std::istringstream tokens{std::string(text)};
  for (std::string token; tokens >> token;) {
    if (token.starts_with("wait:")) {
      steps.back().wait = static_cast<std::uint32_t>(std::stoul(token.substr(5)));
      steps.emplace_back();
    } else if (token == "gone") {
      steps.back().gone = true;
    } else if (token == "then") {
      steps.emplace_back();
    } else {
      append(steps.back().bytes, from_hex(token));
    }
  }
  return steps;
}

std::string canonical(std::string_view events) {
  std::string text(events);
  std::erase(text, ' ');
  return text == "-" ? std::string() : text;
}

} // namespace dualcam
