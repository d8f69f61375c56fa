// Methods of Go's values: `now().Year()`, `duration("1h").Seconds()`.
extension FunctionCall {
  func method(of base: Operand) throws(RenderError) -> Operand {
    let result: Operand?
    switch base {
    case .date(let date): result = try method(of: date)
    case .duration(let duration): result = try method(of: duration)
    case .zone(let zone): result = name == "String" ? .string(zone.name) : nil
    case .version(let version): result = version.member(name)
    default: result = nil
    }
    guard let result else { throw RenderError("\(base.typeName) has no method '\(name)'") }
    return result
  }

  private func method(of date: DateTime) throws(RenderError) -> Operand? {
    let civil = date.civil
    switch name {
    case "Year": return .int(Int64(civil.year))
    case "Month": return .int(Int64(civil.month))
    case "Day": return .int(Int64(civil.day))
    case "Hour": return .int(Int64(civil.hour))
    case "Minute": return .int(Int64(civil.minute))
    case "Second": return .int(Int64(civil.second))
    case "Nanosecond": return .int(Int64(date.nanosecond))
    case "Weekday": return .int(Int64(date.weekday))
    case "YearDay": return .int(Int64(date.yearDay))
    case "Unix": return .int(date.seconds)
    case "UnixMilli": return .int(Int64(clamping: date.instant / 1_000_000))
    case "UnixMicro": return .int(Int64(clamping: date.instant / 1000))
    case "UnixNano": return .int(Int64(clamping: date.instant))
    case "String": return .string(date.description)
    case "Format": return .string(date.formatted(as: GoTimeLayout(try string(0))))
    default:
      if let moved = try moved(date) { return moved }
      return try compared(date)
    }
  }

  private func moved(_ date: DateTime) throws(RenderError) -> Operand? {
    var date = date
    switch name {
    case "Add": return .date(date.advanced(by: try duration(0)))
    case "AddDate": return .date(date.adding(years: try count(0), months: try count(1), days: try count(2)))
    case "Truncate": return .date(date.truncated(to: try duration(0)))
    case "Round":
      let unit = try duration(0)
      return .date(date.advanced(by: GoDuration(nanoseconds: unit.nanoseconds / 2)).truncated(to: unit))
    case "UTC", "Local": date.zone = .utc
    case "In":
      guard case .zone(let zone) = self[0] else { throw failure("expected a time zone, not \(self[0].typeName)") }
      date.zone = zone
    default: return nil
    }
    return .date(date)
  }

  private func compared(_ date: DateTime) throws(RenderError) -> Operand? {
    switch name {
    case "Sub": return .duration(date.since(try self.date(0)))
    case "Before": return .bool(date.instant < (try self.date(0)).instant)
    case "After": return .bool(date.instant > (try self.date(0)).instant)
    case "Equal": return .bool(date.instant == (try self.date(0)).instant)
    case "Compare":
      let other = try self.date(0)
      return .int(date.instant < other.instant ? -1 : date.instant > other.instant ? 1 : 0)
    case "IsZero": return .bool(date.instant == Int128(-62_135_596_800) * 1_000_000_000)
    default: return nil
    }
  }

  private func method(of duration: GoDuration) throws(RenderError) -> Operand? {
    let nanoseconds = duration.nanoseconds
    switch name {
    case "Hours": return .double(Double(nanoseconds) / 3_600_000_000_000)
    case "Minutes": return .double(Double(nanoseconds) / 60_000_000_000)
    case "Seconds": return .double(Double(nanoseconds) / 1_000_000_000)
    case "Milliseconds": return .int(nanoseconds / 1_000_000)
    case "Microseconds": return .int(nanoseconds / 1000)
    case "Nanoseconds": return .int(nanoseconds)
    case "String": return .string(duration.description)
    case "Abs": return .duration(GoDuration(nanoseconds: Int64(clamping: nanoseconds.magnitude)))
    case "Truncate": return .duration(duration.truncated(to: try self.duration(0)))
    case "Round": return .duration(duration.rounded(to: try self.duration(0)))
    default: return nil
    }
  }
}

extension GoDuration {
  /// Towards zero to a multiple of `unit`.
  func truncated(to unit: GoDuration) -> GoDuration {
    unit.nanoseconds > 0 ? GoDuration(nanoseconds: nanoseconds - nanoseconds % unit.nanoseconds) : self
  }

  /// To the nearest multiple of `unit`, halves away from zero.
  func rounded(to unit: GoDuration) -> GoDuration {
    guard unit.nanoseconds > 0 else { return self }
    let rest = (nanoseconds % unit.nanoseconds).magnitude
    let base = nanoseconds - nanoseconds % unit.nanoseconds
    guard rest >= UInt64(unit.nanoseconds) - rest else { return GoDuration(nanoseconds: base) }
    let (sum, overflow) = base.addingReportingOverflow(nanoseconds < 0 ? -unit.nanoseconds : unit.nanoseconds)
    return overflow ? self : GoDuration(nanoseconds: sum)
  }
}
