from odoo import http
from odoo.exceptions import UserError
from odoo.http import request


class FieldSurvey(http.Controller):
    """The question of a customer's e-mail: opening the link changes nothing, one tap answers."""

    @http.route(
        "/field/survey/<string:token>", type="http", auth="public", website=True, methods=["GET"]
    )
    def survey_page(self, token, score=None, **_kwargs):
        """Show the question; mail scanners open links, so this only reads.

        :param token: of the question
        :param score: the one that was tapped in the e-mail
        """
        missions = request.env["field.mission"]
        rating, state = missions._find_survey(token)
        mission = missions.sudo().browse(rating.res_id) if rating else missions
        chosen = int(score) if score and score.isdigit() and 1 <= int(score) <= 5 else 0
        return self._page(state=state, token=token, mission=mission, chosen=chosen)

    @http.route(
        "/field/survey/<string:token>", type="http", auth="public", website=True, methods=["POST"]
    )
    def survey_answer(self, token, score=None, comment="", **_kwargs):
        """Take the answer.

        :param token: of the question
        :param score: 1 to 5
        :param comment: free text
        """
        missions = request.env["field.mission"]
        chosen = int(score) if score and score.isdigit() else 0
        try:
            mission = missions._answer_survey(token, chosen, comment)
        except UserError as error:
            rating, state = missions._find_survey(token)
            mission = missions.sudo().browse(rating.res_id) if rating else missions
            return self._page(
                state=state, token=token, mission=mission, chosen=0, error=error.args[0]
            )
        return self._page(state="thanks", token=token, mission=mission, chosen=chosen)

    def _page(self, **values):
        return request.render("field_sla.survey_page", {"error": "", **values})
