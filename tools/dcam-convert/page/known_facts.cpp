#include "dcam-convert/page/known_facts.hpp"

#include <stdexcept>
#include <utility>

namespace dualcam::convert {
namespace {

constexpr std::string_view element = R"(<script type="application/json" id="known">)";
constexpr std::string_view generator = R"(<meta name="generator" content="dcam-convert)";
constexpr int known_form = 1; ///< of what follows; other ones are not read

/// One line of the list: link, stamp, facts.
Json json_of(const Entry& entry) {
  const auto& facts = entry.facts;
  return Json::array({entry.link, entry.stamp.size, entry.stamp.modified,
                      std::string(name_of(facts.format)), facts.duration, facts.plays_as_it_is,
                      facts.damage, facts.error, std::to_underlying(facts.code)});
}

/// Throws if there is none.
VideoFormat format_named(const std::string& name) {
  for (int number = 0; number <= std::to_underlying(VideoFormat::unknown); ++number) {
    if (const auto format = static_cast<VideoFormat>(number); name_of(format) == name) {
      return format;
    }
  }
  throw std::out_of_range(name);
}

Facts facts_of_json(const Json& json) {
  return {.format = format_named(json.at(3).get<std::string>()),
          .duration = json.at(4).get<std::uint64_t>(),
          .plays_as_it_is = json.at(5).get<bool>(),
          .damage = json.at(6).get<std::string>(),
          .error = json.at(7).get<std::string>(),
          .code = json.at(8) == 0 ? ExitCode::done : ExitCode::bad_data};
}

} // namespace

KnownFacts KnownFacts::of_page(std::string_view page) {
  KnownFacts known;
  const auto begin = page.rfind(element);
  if (!is_page(page) || begin == page.npos) {
    return known;
  }
  const auto text = page.substr(begin + element.size());
  try {
    const auto json = Json::parse(text.substr(0, text.find("</script>")));
    if (json.at("form") != known_form) {
      return known;
    }
    for (const auto& file : json.at("files")) {
      known.files_[file.at(0).get<std::string>()] = {
          {file.at(1).get<std::uint64_t>(), file.at(2).get<std::int64_t>()}, facts_of_json(file)};
    }
  } catch (const std::exception&) { // somebody has written in it
    known.files_.clear();
  }
  return known;
}

std::optional<Facts> KnownFacts::find(const std::string& link, const Stamp& stamp) const {
  const auto found = files_.find(link);
  return found != files_.end() && found->second.stamp == stamp ? std::optional(found->second.facts)
                                                               : std::nullopt;
}

Json known_facts(const std::vector<Entry>& entries) {
  auto files = Json::array();
  for (const auto& entry : entries) {
    if (!entry.incomplete && entry.facts.are_lasting()) {
      files.push_back(json_of(entry));
    }
  }
  return {{"form", known_form}, {"files", std::move(files)}};
}

bool is_page(std::string_view page) {
  constexpr std::size_t head = 4096;
  return page.substr(0, head).contains(generator);
}

} // namespace dualcam::convert
