from agents import Agent, RunContextWrapper, function_tool
from fastapi import FastAPI
from pydantic import BaseModel


class Trip(BaseModel):
    seat: str | None = None


@function_tool
async def change_seat(wrapper: RunContextWrapper[Trip], seat: str) -> str:
    """Change the seat."""
    wrapper.context.seat = seat
    return f"Your seat is {seat}."


faq_agent = Agent[Trip](name="FAQ", instructions="Answer questions about bags.")
triage_agent = Agent[Trip](
    name="Triage", instructions="Send people to the right agent.", tools=[change_seat], handoffs=[faq_agent]
)

app = FastAPI()


@app.get("/api/agents")
def agents_() -> list[str]:
    return [triage_agent.name, faq_agent.name]
