extension SprigFunctions {
  static let dates =
    aliases(["now"], 0) { call throws(RenderError) in .date(try call.currentDate()) }
    + aliases(["date"], 2) { call throws(RenderError) in try call.formatted(call.string(0), 1, zone: nil) }
    + aliases(["dateInZone", "date_in_zone"], 3) { call throws(RenderError) in
      try call.formatted(call.string(0), 1, zone: 2)
    }
    + aliases(["htmlDate"], 1) { call throws(RenderError) in try call.formatted("2006-01-02", 0, zone: nil) }
    + aliases(["htmlDateInZone"], 2) { call throws(RenderError) in try call.formatted("2006-01-02", 0, zone: 1) }
    + aliases(["dateModify", "date_modify", "mustDateModify", "must_date_modify"], 2) { call throws(RenderError) in
      .date(try call.castDate(1).advanced(by: call.parsedDuration(0)))
    }
    + aliases(["toDate", "mustToDate"], 2) { call throws(RenderError) in
      let (layout, text) = (try call.string(0), try call.string(1))
      guard let date = DateTime(text, layout: GoTimeLayout(layout)) else {
        throw call.failure("'\(text)' is not a date of the layout '\(layout)'")
      }
      return .date(date)
    }
    + aliases(["unixEpoch"], 1) { call throws(RenderError) in .string(String(try call.castDate(0).seconds)) }
    + aliases(["ago"], 1) { call throws(RenderError) in
      let age = try call.currentDate().since(call.castDate(0))
      return .string(age.rounded(to: GoDuration(nanoseconds: 1_000_000_000)).description)
    }
    + aliases(["duration"], 1) { call throws(RenderError) in
      let (nanoseconds, overflow) = call.castInteger(0).multipliedReportingOverflow(by: 1_000_000_000)
      guard !overflow else { throw call.failure("the duration is longer than 292 years") }
      return .string(GoDuration(nanoseconds: nanoseconds).description)
    }
    + aliases(["durationRound"], 1) { call throws(RenderError) in
      switch call[0] {
      case .date(let date): return .string(coarse(try call.currentDate().since(date)))
      case .int(let nanoseconds): return .string(coarse(GoDuration(nanoseconds: nanoseconds)))
      case .duration(let duration): return .string(coarse(duration))
      default: return .string(coarse(try call.parsedDuration(0)))
      }
    }

  /// The largest unit that fits more than once or once and a rest: `3d`, `2mo`.
  private static func coarse(_ duration: GoDuration) -> String {
    let seconds = duration.nanoseconds.magnitude / 1_000_000_000
    let units: KeyValuePairs<String, UInt64> = [
      "y": 31_536_000, "mo": 2_592_000, "d": 86_400, "h": 3600, "m": 60, "s": 1,
    ]
    let unit = units.first { duration.nanoseconds.magnitude > $0.value * 1_000_000_000 }
    return unit.map { "\(seconds / $0.value)\($0.key)" } ?? "0s"
  }
}

extension FunctionCall {
  /// A date, seconds since 1970, or the text of a date. (Sprig takes any other value for now; that helps nobody.)
  fileprivate func castDate(_ index: Int) throws(RenderError) -> DateTime {
    switch self[index] {
    case .int(let seconds): return DateTime(seconds: seconds)
    case .string(let text):
      guard let date = ExpressionFunction.date(text) else { throw failure("'\(text)' is not a date") }
      return date
    default: return try date(index)
    }
  }

  fileprivate func formatted(_ layout: String, _ index: Int, zone: Int?) throws(RenderError) -> Operand {
    var date = try castDate(index)
    date.zone = try zone.map { (index) throws(RenderError) in try self.zone(named: string(index)) } ?? .utc
    return .string(date.formatted(as: GoTimeLayout(layout)))
  }
}
