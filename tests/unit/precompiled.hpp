// Read before every unit test's own headers, and compiled once: half of what a test takes. A test
// still includes what it needs: a build with ccache and tests/run.sh --full (build/odr) compile
// without this.
#pragma once

#include <algorithm>
#include <array>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <random>
#include <span>
#include <sstream>
#include <string>
#include <thread>
#include <variant>
#include <vector>

#if __has_include(<catch2/catch_all.hpp>)
#include <catch2/catch_all.hpp>
#else
#include <catch2/catch.hpp>
#endif

#include "testing.hpp"

#include "dualcam/capture/transfer_log.hpp"
#include "dualcam/media/ptmf.hpp"
#include "dualcam/session/server_session.hpp"
#include "dualcam/storage/part_file.hpp"
