"""Pause, resume, run now and delete a schedule."""

from flask import Blueprint, flash, redirect, url_for
from flask.typing import ResponseReturnValue

from core.errors import InputError
from core.schedules.due import run_now
from core.schedules.store import delete_schedule, get_schedule, pause_schedule, resume_schedule
from web.extension import database, settings
from workers.broker import wake

schedule_actions = Blueprint("schedule_actions", __name__, url_prefix="/schedules/<int:schedule_id>")


@schedule_actions.post("/pause")
def pause(schedule_id: int) -> ResponseReturnValue:
    """Pause the schedule."""
    with database().write() as rows:
        pause_schedule(get_schedule(rows, schedule_id))
    flash("Paused. Nothing starts until you resume it.")
    return _back(schedule_id)


@schedule_actions.post("/resume")
def resume(schedule_id: int) -> ResponseReturnValue:
    """Resume the schedule."""
    try:
        with database().write() as rows:
            resume_schedule(rows, get_schedule(rows, schedule_id))
    except InputError as error:
        if error.code == "schedule_not_found":
            raise
        flash(f"{error.message} Change the schedule, then resume it.", "error")
    else:
        flash("Resumed.")
    return _back(schedule_id)


@schedule_actions.post("/run")
def run(schedule_id: int) -> ResponseReturnValue:
    """Start the job now and go to its page."""
    try:
        with database().write() as rows:
            schedule = get_schedule(rows, schedule_id)
            job_id = run_now(rows, schedule, settings()).job_id
    except InputError as error:
        if error.code == "schedule_not_found":
            raise
        flash(error.message, "error")
        return _back(schedule_id)
    if job_id is None:
        paused = " Resume the schedule first: nothing is looked for while it is paused."
        flash(f"New photos that have settled become a job now.{paused if schedule.paused else ''}")
        return _back(schedule_id)
    wake(settings())
    return redirect(url_for("jobs.job_page", job_id=job_id))


@schedule_actions.post("/delete")
def delete(schedule_id: int) -> ResponseReturnValue:
    """Delete the schedule; its jobs stay."""
    with database().write() as rows:
        delete_schedule(rows, get_schedule(rows, schedule_id))
    flash("The schedule is deleted. Its jobs are kept.")
    return redirect(url_for("schedules.home"))


def _back(schedule_id: int) -> ResponseReturnValue:
    return redirect(url_for("schedules.schedule_page", schedule_id=schedule_id))
