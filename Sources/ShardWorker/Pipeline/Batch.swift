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
  }

  let ids: Column
  /// One for each output, of as many rows as `ids`; what stands in rows with faults means nothing.
  let scores: [Column]
  let place: ShardInput.Place
  /// In the order of rows, one a row.
  let faults: [Fault]
  let endsRowGroup: Bool

  var rows: Int { ids.rows }
}
