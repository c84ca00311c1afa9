// dcam-convert in this process, with a shell script for ffmpeg.
#pragma once

#include <sys/stat.h>

#include "dcam-convert/contact_sheet.hpp"
#include "dcam-convert/converter.hpp"
#include "dcam-convert/input_list.hpp"
#include "dcam-convert/page/collection.hpp"
#include "dcam-convert/page/page.hpp"
#include "dcam-convert/stack.hpp"
#include "media/ptmf_clip.hpp"
#include "tools/ran.hpp"

namespace dualcam::convert {

/// Writes down how it was called; makes `product`, or what it reads if there is no such file. What
/// it makes of pictures alone is `photo`, if there is one.
inline std::string fake_ffmpeg() {
  return R"(#!/bin/sh
cd "${0%/*}" || exit 99
case $1 in -version) echo "ffmpeg version 5.1"; exit;; esac
echo "$*" >> calls
for last; do :; done
[ -e complaints ] && cat complaints >&2
case $* in *mjpeg*) product=photo;; esac
[ -e "$product" ] || product=product
make() { if [ -e $product ]; then cat $product; cat > read; else cat; fi; }
case $last in
pipe:1) make ;;
file:*) make > "${last#file:}" ;;
esac
[ -e status ] && exit $(cat status)
exit 0
)";
}

/// A folder with inputs, and beside it ffmpeg.
struct Studio {
  TemporaryFolder folder;
  TemporaryFolder tools;
  ConvertOptions options;

  Studio() {
    options.ffmpeg = (tools / "ffmpeg").string();
    options.program = "dcam-convert";
    write_file(options.ffmpeg, fake_ffmpeg());
    ::chmod(options.ffmpeg.c_str(), 0700);
  }

  std::string path(std::string_view name) const { return (folder.path() / name).string(); }
  void input(std::string_view name, Bytes content) {
    write_file(path(name), as_text(content));
    options.inputs.push_back(path(name));
  }
  /// A clip of so many pictures.
  void clip(std::uint32_t pictures, bool with_sound = true) {
    input("a.ptmf", ptmf_clip::make_clip(pictures, with_sound).file);
  }
  void ffmpeg_has(const char* name, std::string_view content) const {
    write_file(tools / name, content);
  }
  void ffmpeg_makes(Bytes product) const { ffmpeg_has("product", as_text(product)); }

  /// The folder's path is left out.
  Ran run() const {
    fs::remove(tools / "calls");
    const Quiet quiet;
    const StopSignal stop;
    std::vector<std::string> unread;
    const auto inputs = options.task() == Task::page
                            ? list_for_page(options.inputs, unread)
                            : list_files(options.inputs, Parts::left_out, unread);
    REQUIRE(unread.empty());
    auto files = RunFiles::plan(options, inputs);
    REQUIRE(files);
    Reporter reporter(options.common, options.inputs.size());
    const Workshop workshop{options, inputs, *files, reporter, stop};
    const auto code = options.task() == Task::contact_sheet ? make_contact_sheet(workshop)
                      : options.task() == Task::stack       ? stack(workshop)
                      : options.task() == Task::page        ? make_page(workshop)
                                                            : convert(workshop, 0);
    return {code, plain(quiet.output()), plain(quiet.errors())};
  }
  /// How ffmpeg was called.
  std::string calls() const { return plain(content_of(tools / "calls")); }
  std::string made(const char* name) const { return content_of(path(name)); }

  std::string plain(std::string text) const {
    for (const auto& prefix : {folder.path().string() + "/", tools.path().string() + "/"}) {
      for (auto at = text.find(prefix); at != text.npos; at = text.find(prefix)) {
        text.erase(at, prefix.size());
      }
    }
    return text;
  }
};

/// How often `what` stands in a text.
inline std::size_t count(std::string_view text, std::string_view what) {
  std::size_t number = 0;
  for (auto at = text.find(what); at != text.npos; at = text.find(what, at + 1)) {
    ++number;
  }
  return number;
}

/// A whole Matroska file of up to 18 pictures.
inline ByteBuffer matroska(std::size_t pictures) {
  auto file = from_hex("1a45dfa3 83 4282 80 18538067");
  file.push_back(static_cast<std::byte>(0x80 + 5 + 6 * pictures));
  append(file, from_hex("1f43b675"));
  file.push_back(static_cast<std::byte>(0x80 + 6 * pictures));
  for (; pictures != 0; --pictures) {
    append(file, from_hex("a384 81000080"));
  }
  return file;
}

inline ByteBuffer photo() { return from_hex("ffd8 ffe0 0004 0102 ffda 0004 0000 55 ffd9"); }

} // namespace dualcam::convert
