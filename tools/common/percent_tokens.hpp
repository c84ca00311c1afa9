// Bytes as addresses of the web have them: `%00A%04`.
#pragma once

#include "common/hex_tokens.hpp"

namespace dualcam::inline tools {

/// Words with `%00` in them, or `%u0000`, as escape() of JavaScript has it; what stands before a
/// word's `=` or `:` is a name.
class PercentTokens : public HexTokens {
public:
  using HexTokens::HexTokens;

private:
  void take(char c) override;
  void end_escape();

  std::string word_;      ///< its characters before the first escape
  bool is_bytes_ = false; ///< an escape has come in this word
  std::string escape_;    ///< what came of one
};

} // namespace dualcam::inline tools
