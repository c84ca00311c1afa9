// `<Buffer 00 04 ... 12 more bytes>`, as Node prints bytes.
#pragma once

#include "common/hex_tokens.hpp"

namespace dualcam::inline tools {

class BufferTokens : public HexTokens {
public:
  using HexTokens::HexTokens;

private:
  void take(char c) override;
  void end() override;
  void end_word();

  std::string word_;
  bool inside_ = false; ///< a buffer
  bool is_cut_ = false; ///< it has ended in `...`: a count follows
};

} // namespace dualcam::inline tools
