import Storage

/// A row group of some file, whose rows go into files of the table.
struct RowGroupSource: Sendable, Equatable {
  let path: String
  let rowGroup: Int
  /// Positions of its rows among all that are looked at.
  let rows: Range<Int>
  /// Where that is known.
  var columnsWithNaN: Set<String> = []
}

extension [RowGroupSource] {
  /// Cuts the sources where the next one would bring more than `rows` rows that are kept, or where more than `reads` would
  /// have to be read for them. Those of which nothing is kept are passed over.
  func pieces(rows: Int, reads: Int, leftOut: RowSet?) -> [[RowGroupSource]] {
    var pieces: [[RowGroupSource]] = []
    var (kept, read) = (0, 0)
    for source in self {
      let more = source.rows.count - (leftOut?.count(in: source.rows) ?? 0)
      guard more > 0 else { continue }
      if pieces.isEmpty || kept + more > rows || read + source.rows.count > reads {
        pieces.append([])
        (kept, read) = (0, 0)
      }
      pieces[pieces.count - 1].append(source)
      (kept, read) = (kept + more, read + source.rows.count)
    }
    return pieces
  }

  /// Reads the rows in batches.
  ///
  /// - Parameters:
  ///   - columns: in the files' order, whatever theirs.
  ///   - body: gets a batch and which of its rows are kept; nil for all.
  func read(columns: [String], leftOut: RowSet?, _ body: (RecordBatch, [Int64]?) throws -> Void) throws {
    var rest = self[...]
    while let first = rest.first {
      let run = rest.prefix { $0.path == first.path }
      rest = rest.dropFirst(run.count)
      var walk = PositionWalk(run.map(\.rows))
      try BatchStream.read(
        try ParquetReader(path: first.path), rowGroups: run.map(\.rowGroup), columns: columns
      ) { batch in
        guard let leftOut else { return try body(batch, nil) }
        let kept = walk.take(batch.rows) { !leftOut.contains($0) }
        if !kept.isEmpty { try body(batch, kept.count == batch.rows ? nil : kept) }
      }
    }
  }
}

/// Goes through the positions of rows that are read one batch after the other.
private struct PositionWalk {
  private let ranges: [Range<Int>]
  private var index = 0
  private var offset = 0

  init(_ ranges: [Range<Int>]) { self.ranges = ranges }

  /// Of the next `count` rows, those that satisfy `isKept`, counted from the first of them.
  mutating func take(_ count: Int, _ isKept: (Int) -> Bool) -> [Int64] {
    var kept: [Int64] = []
    var row = 0
    while row < count, index < ranges.count {
      let range = ranges[index]
      let taken = Swift.min(count - row, range.count - offset)
      let first = range.lowerBound + offset
      for step in 0..<taken where isKept(first + step) { kept.append(Int64(row + step)) }
      row += taken
      offset += taken
      if offset == range.count { (index, offset) = (index + 1, 0) }
    }
    return kept
  }
}
