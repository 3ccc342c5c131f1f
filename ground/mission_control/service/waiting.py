"""Conditions of telemetry that a released command waits for."""

from collections.abc import Sequence

from flight.icd.compiled_expressions import Answer, compile_condition
from flight.icd.expression_values import Resolve, Symbol, check_expression
from flight.icd.expressions import ExpressionError, parse_expression
from ground.mission_control.dictionary.dictionary import Dictionary
from ground.mission_control.telemetry.derived_channels import resolver
from ground.mission_control.telemetry.telemetry import LatestTelemetry


def problem_of(text: str, dictionary: Dictionary, vehicles: Sequence[str]) -> str:
    """Why a text is no condition; empty where it is one."""
    try:
        expression = parse_expression(text)
        check_expression(expression, _resolver(dictionary, vehicles))
    except ExpressionError as error:
        return str(error)
    if expression.during is not None or expression.names == ():
        return "allowed is a condition on telemetry such as rover.mode == 'idle'"
    return ""


def compiled(
    text: str, dictionary: Dictionary, vehicles: Sequence[str], telemetry: LatestTelemetry
) -> Answer:
    """A condition that was checked, as a function of what is known now."""
    resolve = _resolver(dictionary, vehicles)

    def find(path: str) -> Answer:
        vehicle, _, channel = path.partition(".")
        return lambda: telemetry.value(vehicle, channel)

    return compile_condition(parse_expression(text).asked, find, resolve)


def _resolver(dictionary: Dictionary, vehicles: Sequence[str]) -> Resolve:
    known = resolver(dictionary)

    def resolve(path: str) -> Symbol:
        if path.partition(".")[0] not in vehicles:
            raise ExpressionError(
                f"{path} begins with no vehicle: allowed is VEHICLE.CHANNEL, with one of "
                f"{', '.join(vehicles)}"
            )
        return known(path)

    return resolve
