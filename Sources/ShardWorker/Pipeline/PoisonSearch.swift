/// Finds the rows of a batch that the model fails on, by bisection: half of a failing range that passes is done
/// with, the other half is cut again.
struct PoisonSearch {
  struct Row: Equatable {
    let row: Int
    let reason: String
  }

  /// After so many rows that fail alone, and none that passes, it is the model that is at fault.
  private static let patience = 8

  private let limit: Int
  /// Whether the model is known to work: then all rows of a batch may be poison.
  private let isTrusted: Bool
  private let run: (Range<Int>) throws(TorchFailure) -> Void
  /// In the order of rows.
  private(set) var found: [Row] = []
  /// A row that passed.
  private(set) var good: Int?

  /// Looks for at most `limit` rows and one more; the rest of the range counts as poison then.
  init(limit: Int, isTrusted: Bool = false, run: @escaping (Range<Int>) throws(TorchFailure) -> Void) {
    self.limit = limit
    self.isTrusted = isTrusted
    self.run = run
  }

  /// Looks in a range that has failed. Throws what is no fault of rows, and the failure itself when all rows have it.
  mutating func look(in rows: Range<Int>, after failure: TorchFailure) throws(TorchFailure) {
    guard failure.isOfRows else { throw failure }
    if rows.count <= 1 {
      for row in rows { found.append(Row(row: row, reason: failure.message)) }
      if good == nil, !isTrusted, found.count >= Self.patience { throw failure }
      return
    }
    let middle = rows.lowerBound + rows.count / 2
    for half in [rows.lowerBound..<middle, middle..<rows.upperBound] {
      if good != nil || isTrusted, found.count > limit {
        found += half.map { Row(row: $0, reason: failure.message) }
      } else {
        try tryOut(half)
      }
    }
  }

  private mutating func tryOut(_ rows: Range<Int>) throws(TorchFailure) {
    do throws(TorchFailure) {
      try run(rows)
      good = good ?? rows.lowerBound
    } catch {
      try look(in: rows, after: error)
    }
  }
}
