/// Some of a number of rows, by their positions: one bit a row.
struct RowSet: Sendable, Equatable {
  private var words: [UInt64]

  /// The empty set of `rows` rows.
  init(rows: Int) { words = Array(repeating: 0, count: (rows + 63) / 64) }

  mutating func insert(_ row: Int) { words[row >> 6] |= 1 << UInt64(row & 63) }

  func contains(_ row: Int) -> Bool { words[row >> 6] >> UInt64(row & 63) & 1 == 1 }

  var count: Int { words.reduce(0) { $0 + $1.nonzeroBitCount } }

  func count(in range: Range<Int>) -> Int { range.count { contains($0) } }
}
