import Storage

/// What the stages make of a slab: its rows with their scores, and the rows that have none.
struct ScoredSlab: Sendable {
  /// A row without a score, by its position in the slab.
  struct Fault: Sendable, Equatable {
    let row: Int
    let column: String
    let reason: String
    /// Whether the shard must fail, whatever number of bad rows is allowed.
    let isFatal: Bool

    func moved(to row: Int) -> Fault {
      Fault(row: row, column: column, reason: reason, isFatal: isFatal)
    }

    /// In the order of rows, one a row: the first one, unless a fatal one hides behind it.
    static func firstOfEachRow(_ faults: [Fault]) -> [Fault] {
      guard faults.count > 1 else { return faults }
      let ordered = faults.enumerated().sorted {
        ($0.element.row, $0.element.isFatal ? 0 : 1, $0.offset)
          < ($1.element.row, $1.element.isFatal ? 0 : 1, $1.offset)
      }
      var last: Int?
      return ordered.map(\.element).filter { fault in
        defer { last = fault.row }
        return fault.row != last
      }
    }
  }

  let ids: Column
  /// One for each output, of as many rows as `ids`; what stands in rows with faults means nothing.
  let scores: [Column]
  let place: ShardInput.Place
  /// In the order of rows, one a row.
  let faults: [Fault]
  /// Nulls of each column that the models read, in their order.
  let nullCounts: [Int]
  let endsRowGroup: Bool

  var rows: Int { ids.rows }
}
