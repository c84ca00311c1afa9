// Where the lines of a stream go.
#pragma once

#include <string>

namespace dualcam::inline tools {

class LineWriter {
public:
  /// What becomes of a line that the reader has no time for.
  enum class Weight {
    passing, ///< of interest now or never: a progress line
    news,    ///< may be dropped when too much waits
    product, ///< is never dropped
  };

  LineWriter() = default;
  LineWriter(const LineWriter&) = delete;
  LineWriter& operator=(const LineWriter&) = delete;
  virtual ~LineWriter() = default;

  /// Text as it is to appear, line ends included. False: it was dropped.
  virtual bool write(std::string text, Weight weight) = 0;
  /// The errno of the first failure; 0 if there was none.
  virtual int error() const = 0;
};

} // namespace dualcam::inline tools
