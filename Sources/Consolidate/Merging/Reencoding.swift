import Foundation
import Storage

/// Writes rows of row groups into a new file, in pieces that are decoded and encoded on several threads and joined in
/// their order. A piece becomes a row group, so the bytes depend on the sources and on what is left out, not on threads.
struct Reencoding: Sendable {
  /// A row group of some file.
  struct Source: Sendable, Equatable {
    let path: String
    let rowGroup: Int
    /// Positions of its rows, for `leftOut`.
    let rows: Range<Int>
    /// Where that is known.
    var columnsWithNaN: Set<String> = []
  }

  /// Rows a piece, unless a row group of the sources has more.
  static let pieceRows = 1 << 20
  /// Rows that are read for a piece where few are kept.
  static let pieceReads = 1 << 22

  let fields: [Field]
  /// Positions of rows that do not go into the file.
  var leftOut: RowSet?
  var threads = Parallel.threads

  /// - Returns: nil when no row is left; there is no file then.
  func write(_ sources: [Source], to path: String) throws -> FinishedFile? {
    let pieces = pieces(sources)
    guard !pieces.isEmpty else { return nil }
    let digest = DigestBox()
    let joined = try ParquetJoiner(path: path) {
      digest.update($0)
      Failpoint.writing.reach()
    }
    var nan: Set<String> = []
    try Parallel.inOrder(pieces, threads: threads) {
      try encode($0)
    } consume: { piece in
      try joined.append(piece.file)
      nan.formUnion(piece.columnsWithNaN)
    }
    try joined.finish()
    return try FinishedFile(path: path, sha256: digest.sha256, columnsWithNaN: nan)
  }

  func kept(_ source: Source) -> Int { source.rows.count - (leftOut?.count(in: source.rows) ?? 0) }

  /// Sources that follow each other, without those of which nothing is kept.
  func pieces(_ sources: [Source]) -> [[Source]] {
    var pieces: [[Source]] = []
    var (kept, read) = (0, 0)
    for source in sources {
      let more = self.kept(source)
      guard more > 0 else { continue }
      if pieces.isEmpty || kept + more > Self.pieceRows || read + source.rows.count > Self.pieceReads {
        pieces.append([])
        (kept, read) = (0, 0)
      }
      pieces[pieces.count - 1].append(source)
      (kept, read) = (kept + more, read + source.rows.count)
    }
    return pieces
  }

  private func encode(_ piece: [Source]) throws -> EncodedPiece {
    let writer = try TableFileWriter(inMemory: fields)
    var rest = piece[...]
    while let first = rest.first {
      let run = rest.prefix { $0.path == first.path }
      try read(Array(run), into: writer)
      rest = rest.dropFirst(run.count)
    }
    return try writer.finishInMemory()
  }

  /// Row groups of one file.
  private func read(_ run: [Source], into writer: TableFileWriter) throws {
    let reader = try ParquetReader(path: run[0].path)
    var walk = PositionWalk(run.map(\.rows))
    try BatchStream.read(reader, rowGroups: run.map(\.rowGroup), columns: fields.map(\.name)) { batch in
      guard let leftOut else { return try writer.write(batch) }
      let kept = walk.take(batch.rows) { !leftOut.contains($0) }
      guard !kept.isEmpty else { return }
      try writer.write(kept.count == batch.rows ? batch : try batch.taking(rows: kept))
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
      let taken = min(count - row, range.count - offset)
      let first = range.lowerBound + offset
      for step in 0..<taken where isKept(first + step) { kept.append(Int64(row + step)) }
      row += taken
      offset += taken
      if offset == range.count { (index, offset) = (index + 1, 0) }
    }
    return kept
  }
}

/// A file in memory, on its way from the thread that made it to the one that joins it.
struct EncodedPiece: @unchecked Sendable {
  // Sendable: handed over whole; the thread that made it does not look back.
  let file: ByteInput
  let columnsWithNaN: Set<String>
}
