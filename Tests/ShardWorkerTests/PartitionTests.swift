import RunFiles
import Testing

@testable import ShardWorker

@Suite("Dividing row groups")
struct PartitionTests {
  private func groups(_ rows: [Int]) -> [Plan.RowGroup] {
    rows.enumerated().map { Plan.RowGroup(file: 0, rowGroup: $0, rows: $1) }
  }

  private func sizes(_ rows: [Int], _ count: Int) -> [[Int]] {
    Partition.shards(of: groups(rows), count: count).map { $0.map(\.rows) }
  }

  @Test("equal row groups are spread evenly, in order")
  func even() {
    #expect(sizes([5, 5, 5, 5], 2) == [[5, 5], [5, 5]])
    #expect(sizes([Int](repeating: 5, count: 10), 4).map(\.count).sorted() == [2, 2, 3, 3])
  }

  @Test("a large row group gets a shard of its own when that keeps the largest shard small")
  func uneven() {
    #expect(sizes([1, 1, 100, 1, 1], 3) == [[1, 1], [100], [1, 1]])
    #expect(sizes([100, 1, 1, 1], 2) == [[100], [1, 1, 1]])
  }

  @Test("with fewer row groups than shards, each row group is a shard")
  func few() {
    #expect(sizes([7, 3], 5) == [[7], [3]])
    #expect(sizes([], 5) == [])
  }

  @Test("for any row groups: all of them once, in order, no shard empty, the largest as small as can be")
  func properties() {
    var random = SplitMix(state: 7)
    for _ in 0..<300 {
      let rows = (0..<Int.random(in: 1...12, using: &random)).map { _ in
        Int.random(in: 1...50, using: &random)
      }
      let count = Int.random(in: 1...6, using: &random)
      let shards = Partition.shards(of: groups(rows), count: count)
      #expect(shards.flatMap { $0 } == groups(rows))
      #expect(shards.count == min(count, rows.count))
      #expect(shards.allSatisfy { !$0.isEmpty })
      let largest = shards.map { $0.reduce(0) { $0 + $1.rows } }.max()
      #expect(largest == smallestLargest(rows[...], count), "\(rows) in \(count)")
    }
  }

  /// The best that any division can do, by trying them all.
  private func smallestLargest(_ rows: ArraySlice<Int>, _ count: Int) -> Int {
    guard count > 1, rows.count > 1 else { return rows.reduce(0, +) }
    return (rows.startIndex + 1...rows.endIndex - 1).map { cut in
      max(rows[..<cut].reduce(0, +), smallestLargest(rows[cut...], count - 1))
    }.min() ?? 0
  }
}

/// A generator with a seed, so that a failure can be repeated.
struct SplitMix: RandomNumberGenerator {
  var state: UInt64

  mutating func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    var z = state
    z = (z ^ z >> 30) &* 0xbf58_476d_1ce4_e5b9
    z = (z ^ z >> 27) &* 0x94d0_49bb_1331_11eb
    return z ^ z >> 31
  }
}
