#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

namespace strata::api {

// The writing side of a segment: new and zeroed, it replaces whatever a dead process left under its
// name, so that readers of that keep their old memory, and is removed with its owner. With an empty
// name it is private to the process.
class OwnedSegment {
  public:
    // `kind` begins the text of an error: "statistics segment".
    static std::expected<OwnedSegment, std::string> create(std::string_view kind,
                                                           const std::string& name,
                                                           std::size_t size);

    std::byte* base() const { return memory_.get(); }
    std::size_t size() const { return memory_.get_deleter().size; }

  private:
    struct Remove {
        std::string name;
        std::size_t size;
        void operator()(std::byte* base) const;
    };
    OwnedSegment(std::byte* base, Remove remove) : memory_(base, std::move(remove)) {}
    std::unique_ptr<std::byte, Remove> memory_;
};

// The reading side.
class SegmentView {
  public:
    SegmentView() = default;
    // Of a segment in this process; it outlives the view.
    explicit SegmentView(const OwnedSegment& segment)
        : memory_(segment.base(), Unmap{0}), size_(segment.size()) {}
    // The error is errno when there is none of this name; 0: it has less than `least` bytes, or
    // can't be mapped.
    static std::expected<SegmentView, int> open(const std::string& name, std::size_t least);

    const std::byte* base() const { return memory_.get(); }
    std::size_t size() const { return size_; }
    // Of the file behind it: another one under the name is another segment. 0: in this process.
    std::uint64_t inode() const { return inode_; }

  private:
    struct Unmap {
        std::size_t size;  // 0: somebody else's
        void operator()(const std::byte* base) const;
    };
    std::unique_ptr<const std::byte, Unmap> memory_;
    std::size_t size_ = 0;
    std::uint64_t inode_ = 0;
};

}  // namespace strata::api
