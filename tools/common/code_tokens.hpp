// Characters and codes in brackets, as terminals show bytes: `<00><04>A<NUL>`.
#pragma once

#include "common/hex_tokens.hpp"

namespace dualcam::inline tools {

/// From the first code on each character stands for itself; what else stands in brackets, too. The
/// terminal's own ends of lines are none of the bytes.
class CodeTokens : public HexTokens {
public:
  using HexTokens::HexTokens;

private:
  void take(char c) override;
  void end_code();
  void take_itself(char c);

  std::string code_;   ///< with its bracket, up to here; empty: outside
  bool begun_ = false; ///< a code has come
};

} // namespace dualcam::inline tools
