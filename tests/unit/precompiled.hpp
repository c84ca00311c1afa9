// Read before every unit test's own headers, and compiled once: four tenths of what a test takes.
// Only what no work on this project changes stands here. A test still includes what it needs:
// tests/run.sh --full compiles without this (build/odr).
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
