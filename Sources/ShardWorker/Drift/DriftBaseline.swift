import RunFiles

/// What a run's scores and inputs looked like, for later runs to be compared with.
struct DriftBaseline: RunFile, Equatable {
  static let kind: String? = "baseline"
  static let format = 1

  var model: String
  var version: String
  var rows: Int
  var rowsPerSecond: Double
  /// By output column: counts by bin of `ScoreHistogram`, whose numbers are the keys.
  var scores: [String: [String: Int]]
  /// By input column: the share of rows that are null.
  var nullRates: [String: Double]

  enum CodingKeys: String, CodingKey {
    case model, version, rows, scores
    case rowsPerSecond = "rows_per_second"
    case nullRates = "null_rates"
  }

  /// The histogram of an output column.
  func histogram(_ column: String) -> ScoreHistogram? {
    scores[column].map { bins in
      ScoreHistogram(counts: bins.reduce(into: [:]) { $0[Int($1.key) ?? 0, default: 0] += $1.value })
    }
  }
}

extension ScoreHistogram {
  /// As a baseline keeps it.
  var bins: [String: Int] { counts.reduce(into: [:]) { $0[String($1.key)] = $1.value } }
}
