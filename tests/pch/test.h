// Precompiled for unit and property tests: headers of others alone. Each file includes what it uses all the same.
#include <gtest/gtest.h>

#include <random>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdint>
#include <cstring>
#include <expected>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>
