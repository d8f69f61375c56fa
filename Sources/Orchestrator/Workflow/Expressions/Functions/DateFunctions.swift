extension ExpressionFunction {
  static let dateFunctions = [
    ExpressionFunction("now", 0...1) { call throws(RenderError) in
      var date = try call.currentDate()
      if case .zone(let zone) = call[0] { date.zone = zone }
      return .date(date)
    },
    ExpressionFunction("duration", 1) { call throws(RenderError) in .duration(try call.parsedDuration(0)) },
    ExpressionFunction("timezone", 1) { call throws(RenderError) in .zone(try call.zone(named: call.string(0))) },
    ExpressionFunction("date", 1...4) { call throws(RenderError) in .date(try call.parsedDate()) },
  ]

  private static let dateLayouts = [
    "2006-01-02", "15:04:05", "2006-01-02 15:04:05", "2006-01-02T15:04:05Z07:00", "02 Jan 06 15:04 MST",
    "Monday, 02-Jan-06 15:04:05 MST", "Mon, 02 Jan 2006 15:04:05 MST",
  ].map(GoTimeLayout.init)

  /// The date a text shows in one of the forms that need no layout.
  static func date(_ text: String, zone: FixedZone = .utc) -> DateTime? {
    for layout in dateLayouts {
      if let date = DateTime(text, layout: layout, zone: zone) { return date }
    }
    return nil
  }
}

extension FunctionCall {
  func parsedDuration(_ index: Int) throws(RenderError) -> GoDuration {
    let text = try string(index)
    do {
      return try GoDuration(requiringUnit: text)
    } catch {
      throw failure(error.description)
    }
  }

  func zone(named name: String) throws(RenderError) -> FixedZone {
    guard let zone = FixedZone(named: name) else {
      throw failure("the time zone '\(name)' is not known here, only UTC and offsets within dates are")
    }
    return zone
  }

  /// `date([zone,] text[, layout[, zone name]])`.
  fileprivate func parsedDate() throws(RenderError) -> DateTime {
    var zone = FixedZone.utc
    var first = 0
    if case .zone(let given) = self[0] { (zone, first) = (given, 1) }
    let text = try string(first)
    guard count > first + 1 else {
      guard let date = ExpressionFunction.date(text, zone: zone) else { throw failure("invalid date '\(text)'") }
      return date
    }
    let layout = try string(first + 1)
    if count > first + 2 { zone = try self.zone(named: string(first + 2)) }
    guard let date = DateTime(text, layout: GoTimeLayout(layout), zone: zone) else {
      throw failure("'\(text)' is not a date of the layout '\(layout)'")
    }
    return date
  }
}
