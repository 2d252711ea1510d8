#include "relay/svc/fixed_array.h"

#include <gtest/gtest.h>

#include <array>
#include <cstdint>
#include <memory>

namespace strata::relay {
namespace {

// Counts what it gave out and hasn't got back.
class Counting final : public std::pmr::memory_resource {
  public:
    std::size_t out = 0;

  private:
    void* do_allocate(std::size_t bytes, std::size_t alignment) override {
        out += bytes;
        return std::pmr::new_delete_resource()->allocate(bytes, alignment);
    }
    void do_deallocate(void* at, std::size_t bytes, std::size_t alignment) override {
        out -= bytes;
        std::pmr::new_delete_resource()->deallocate(at, bytes, alignment);
    }
    bool do_is_equal(const memory_resource& other) const noexcept override {
        return this == &other;
    }
};

struct alignas(64) Line {
    std::shared_ptr<int> counted;
    int value = 0;
};

TEST(FixedArray, IsAPointerToElementsThatLieBehindOneAnother) {
    static_assert(sizeof(FixedArray<Line>) == sizeof(void*));
    Counting memory;
    FixedArray<Line> lines(3, &memory);
    EXPECT_EQ(lines.size(), 3u);
    EXPECT_EQ(reinterpret_cast<std::uintptr_t>(lines.data()) % 64, 0u);
    EXPECT_EQ(&lines[2], lines.data() + 2);
    EXPECT_EQ(lines.end() - lines.begin(), 3);
}

TEST(FixedArray, ElementsAndMemoryAreGivenBack) {
    Counting memory;
    const auto counted = std::make_shared<int>(7);
    {
        FixedArray<Line> lines(5, Line{counted, 1}, &memory);
        EXPECT_EQ(counted.use_count(), 6);
        FixedArray<Line> taken(std::move(lines)), later;
        EXPECT_EQ(taken.size(), 5u);
        later = std::move(taken);
        EXPECT_EQ(later.size(), 5u);
        EXPECT_EQ(counted.use_count(), 6) << "moved, not copied";
        EXPECT_NE(memory.out, 0u);
    }
    EXPECT_EQ(counted.use_count(), 1);
    EXPECT_EQ(memory.out, 0u);
}

TEST(FixedArray, ASmallerOneIsCopiedToItsBeginning) {
    Counting memory;
    FixedArray<int> small(2, 5, &memory), large(4, 9, &memory);
    large = small;
    EXPECT_EQ((std::array{large[0], large[1], large[2], large[3]}), (std::array{5, 5, 9, 9}));
}

TEST(FixedArray, MayBeEmpty) {
    Counting memory;
    FixedArray<Line> none(0, &memory);
    EXPECT_EQ(none.size(), 0u);
    EXPECT_EQ(none.begin(), none.end());
}

}  // namespace
}  // namespace strata::relay
