// The same for the tests of the tools.
#pragma once

#include <asio.hpp>
#include <fmt/format.h>
#include <nlohmann/json.hpp>
#include <openssl/ssl.h>

#include "../precompiled.hpp"

#include "common/json.hpp"
#include "dcam-serve/server.hpp"
#include "dcam-sim/device.hpp"
